import { sql, type Transaction } from "kysely";
import { z } from "zod";
import type { Tables, UsersTable } from "../db/tables.ts";
import { entity, kept, type Setting } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import { ha1 } from "../sip/digest.ts";
import { desksOf } from "./desks.ts";
import { type Features, noFeatures, storedFeaturesSchema } from "./features-schema.ts";
import { groupSchema } from "./group-schema.ts";
import { entityName } from "./names-schema.ts";
import { hashedPin, hashedPinNow, isHashed } from "./pin.ts";
import { userScope } from "./scopes.ts";
import { trivialPassword } from "./trivial-password.ts";
import {
  newUserSchema,
  putUserSchema,
  type User,
  type UserEntry,
  userEntrySchema,
  userSchema,
} from "./user-schema.ts";

type Input = z.infer<typeof newUserSchema> | (z.infer<typeof putUserSchema> & { name: string });

const shownOf = ({ may_show }: UsersTable): string[] => z.array(z.string()).parse(JSON.parse(may_show));

/** What is stored of a user's features; undefined: none. */
export const featuresOf = (stored: string | null | undefined): Features | undefined =>
  stored ? storedFeaturesSchema.parse(JSON.parse(stored)) : undefined;

/** For the column: null where nothing is set. */
export const storedFeatures = (features: Features): string | null => {
  const text = JSON.stringify(features);
  return text === JSON.stringify(noFeatures) ? null : text;
};

/** Of how many users features matter to everybody's calls. */
export interface CallerFeatures {
  /** They have limits on whom they call, or hide: only then it matters who calls. */
  users: number;
  /** They are in pickup groups, or only their newest telephone rings. */
  pickers: number;
  /** Their calls are counted. */
  limited: number;
}

const isLimited = ({ out, in: answered }: Features["max_calls"]): boolean =>
  out !== undefined || answered !== undefined;

const countsCalls = (user: UserEntry | undefined): number =>
  Number(user?.features !== undefined && isLimited(user.features.max_calls));

const isPicker = (user: UserEntry | undefined): number => {
  const { pickup = [], phones = "all" } = user?.features ?? {};
  return Number(pickup.length > 0 || phones === "newest");
};

const mattersToCalls = (user: UserEntry | undefined): number => {
  if (!user?.features) return 0;
  const { hide_caller, may_call, max_calls } = user.features;
  return Number(
    hide_caller || max_calls.out !== undefined || may_call.only !== undefined || may_call.never.length > 0,
  );
};

/** @throws Problem */
async function assertNoGroup(trx: Transaction<Tables>, name: string): Promise<void> {
  const { rows } = await sql`SELECT name FROM ring_groups WHERE name = ${name} FOR UPDATE`.execute(trx);
  if (rows.length > 0) throw new Problem("exists", `there is a group ${name}: a user needs another name`);
}

/** @throws Problem */
async function assertSite(trx: Transaction<Tables>, name: string): Promise<void> {
  const { rows } = await sql`SELECT name FROM sites WHERE name = ${name} FOR UPDATE`.execute(trx);
  if (rows.length === 0)
    throw new Problem("invalid-request", `there is no site ${name}`, [
      { path: "/site", message: "must be a site: make it first, with 'dialtone site add'" },
    ]);
}

const shownUser = (row: UsersTable): User => ({
  name: row.name,
  display: row.display,
  description: row.description,
  enabled: row.enabled !== 0,
  may_show: shownOf(row),
  ...(row.site && { site: row.site }),
  ...(row.features && { features: featuresOf(row.features) }),
  ...(row.pin && { pin: "set" as const }),
});

/** For the column. @param before what stands there */
function pinOf(pin: Input["pin"], before: string | null): string | null {
  if (pin === undefined || pin === "set") return before;
  return pin === null || isHashed(pin) ? pin : hashedPinNow(pin);
}

/** Its row: a user keeps its password when none is given, and what it has set for its calls, unless this is the `whole`. @throws Problem */
function rowOf(
  { name, password, enabled, display, description, may_show, site, features, pin }: Input,
  before: UsersTable | undefined,
  { realm, whole }: Setting & { whole: boolean },
): UsersTable {
  const trivial = password === undefined ? undefined : trivialPassword(password, name);
  if (trivial !== undefined)
    throw new Problem("invalid-request", `the password of ${name} would be guessed: nothing was changed`, [
      { path: "/password", message: trivial },
    ]);
  const secret = password === undefined ? before : ha1(name, realm, password);
  if (!secret)
    throw new Problem("invalid-request", "a new user needs a password", [
      { path: "/password", message: "is required for a new user" },
    ]);
  const { ha1_md5, ha1_sha256 } = secret;
  const untold = whole ? null : (before?.features ?? null);
  return {
    name,
    display,
    description,
    enabled: Number(enabled),
    may_show: JSON.stringify(may_show),
    site: site ?? null,
    features: features ? storedFeatures(features) : untold,
    ha1_md5,
    ha1_sha256,
    pin: pinOf(pin, before?.pin ?? null),
  };
}

export const users = entity({
  kind: "user",
  table: "users",
  key: "name",
  value: userEntrySchema,
  keyOf: ({ name }) => name,
  read: (row: UsersTable) => {
    const mayShow = shownOf(row);
    return userEntrySchema.parse({
      ...row,
      enabled: row.enabled !== 0,
      may_show: mayShow.length === 0 ? undefined : mayShow,
      site: row.site ?? undefined,
      features: featuresOf(row.features),
    });
  },
  index: {
    empty: { users: 0, pickers: 0, limited: 0 } as CallerFeatures,
    changed: ({ users: before, pickers, limited }, old, now) => ({
      users: before - mattersToCalls(old) + mattersToCalls(now),
      pickers: pickers - isPicker(old) + isPicker(now),
      limited: limited - countsCalls(old) + countsCalls(now),
    }),
  },
  api: {
    path: "users",
    tag: "users",
    key: entityName,
    shown: userSchema,
    create: newUserSchema,
    replace: putUserSchema,
    show: shownUser,
    scope: userScope,
    document: (row) => ({ ...shownUser(row), password: kept }),
    row: rowOf,
    prepare: async (input: Input) =>
      input.pin === undefined || input.pin === null || input.pin === "set" || isHashed(input.pin)
        ? input
        : { ...input, pin: await hashedPin(input.pin) },
    put: async (trx, input: Input, { realm, secret, mayExist }) => {
      const { name, site } = input;
      const found = await trx.selectFrom("users").selectAll().where("name", "=", name).executeTakeFirst();
      if (found && !mayExist) throw new Problem("exists", `there is a user ${name} already`);
      if (!found) await assertNoGroup(trx, name);
      if (site !== undefined) await assertSite(trx, site);
      const { name: _, ...values } = rowOf(input, found, { realm, secret, whole: false });
      if (found) await trx.updateTable("users").set(values).where("name", "=", name).execute();
      else
        await trx
          .insertInto("users")
          .values({ name, ...values })
          .execute();
    },
    assertUnused: async (trx, name) => {
      const used = await trx
        .selectFrom("numbers")
        .select("number")
        .where("user_name", "=", name)
        .limit(3)
        .execute();
      if (used.length > 0)
        throw new Problem(
          "in-use",
          `numbers are assigned to ${name}: ${used.map((row) => row.number).join(", ")}`,
        );
      const groups = await trx.selectFrom("ring_groups").select(["name", "body"]).execute();
      const group = groups.find(({ body }) =>
        groupSchema.parse(JSON.parse(body)).members.some(({ user }) => user === name),
      );
      if (group) throw new Problem("in-use", `it is in group ${group.name}`);
      const [desk] = await desksOf(trx, name);
      if (desk)
        throw new Problem(
          "in-use",
          `${desk.user} is logged in at ${desk.name}: 'dialtone desk remove ${desk.name}'`,
        );
    },
  },
});
