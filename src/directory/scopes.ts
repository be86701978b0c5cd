import type { NumbersTable, UsersTable } from "../db/tables.ts";
import type { EntityScope } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import type { Narrowing } from "../http/scope.ts";
import { noFeatures, storedFeaturesSchema } from "./features-schema.ts";
import type { Group } from "./group-schema.ts";

/** What somebody who may change a part of the service only may do with users, groups and numbers. docs/access.md. Pure. */

/** @throws Problem */
const refuse = (path: string, detail: string): never => {
  throw new Problem("forbidden", `${detail}: that is not of your part of the service (${path})`);
};

const listOf = (stored: string | undefined): string[] =>
  stored === undefined ? [] : (JSON.parse(stored) as string[]); // written by this program only

const pickupOf = (row: UsersTable | undefined): readonly string[] =>
  (row?.features ? storedFeaturesSchema.parse(JSON.parse(row.features)) : noFeatures).pickup;

/** What is in `after` and was not in `before`. */
const added = (before: readonly string[], after: readonly string[]): string[] =>
  after.filter((one) => !before.includes(one));

export const userScope: EntityScope<UsersTable> = {
  sees: (narrowing, { name, site }) => narrowing.user(name, site),
  assertMay: (narrowing, before, after) => {
    if (!after) return;
    const { name, site } = after;
    if (site !== (before?.site ?? null))
      for (const one of [before?.site, site])
        if (one && !narrowing.site(one)) refuse("site", `${name} can not be moved from or to site ${one}`);
    if (!narrowing.user(name, site)) refuse("site", `${name} needs a site that is`);
    // Who is called so is called by all: what was a number of somebody else would ring here.
    if (!before && /^[0-9*#]/.test(name) && !narrowing.pattern(name)) refuse("name", `the number ${name}`);
    for (const shown of added(listOf(before?.may_show), listOf(after.may_show)))
      if (!narrowing.pattern(shown)) refuse("may_show", `to show ${shown} as a caller`);
    for (const group of added(pickupOf(before), pickupOf(after)))
      refuse("features.pickup", `to take calls of pickup group ${group}`);
  },
};

export const groupScope: EntityScope<Group> = {
  sees: (narrowing, { name }) => narrowing.group(name),
  assertMay: (narrowing, before, after) => {
    if (!after) return;
    if (!narrowing.group(after.name)) refuse("name", `group ${after.name}`);
    const was = before?.members.map(({ user }) => user) ?? [];
    const is = after.members.map(({ user }) => user);
    // Members are in the part by their group: nobody is brought in, or put out, by it.
    for (const user of [...added(was, is), ...added(is, was)])
      if (!isWithout(narrowing, user, after.name))
        refuse("members", `user ${user} is by nothing but this group`);
  },
};

const isWithout = (narrowing: Narrowing, user: string, group: string): boolean =>
  narrowing.isMember(user, group) || narrowing.ofSite(user);

export const numberScope: EntityScope<NumbersTable> = {
  sees: (narrowing, { number, user_name }) => narrowing.number(number, user_name),
  assertMay: (narrowing, before, after) => {
    const number = (before ?? after)?.number ?? "";
    // A number that is somebody's own gets another user of the part; it is neither given out nor taken back here.
    if ((!before || !after) && !narrowing.pattern(number))
      refuse("number", `to give out or take back ${number}`);
    if (after && after.user_name !== before?.user_name && !narrowing.user(after.user_name))
      refuse("user", `user ${after.user_name}`);
  },
};
