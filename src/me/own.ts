import type { FastifyRequest } from "fastify";
import type { Database } from "../db/database.ts";
import { type Features, noFeatures } from "../directory/features-schema.ts";
import type { Group } from "../directory/group-schema.ts";
import type { UserEntry } from "../directory/user-schema.ts";
import { principalOf } from "../http/principal.ts";
import { Problem } from "../http/problems.ts";
import type { Snapshot } from "../routing/registry.ts";
import type { Whose } from "./calls.ts";
import type { Me, OwnFeatures } from "./me-schema.ts";

/** Whose telephone it is, and what of its settings is its own. */

type Parts = Snapshot["parts"];

/** The telephone user of whoever is logged in. @throws Problem `not-found`, `forbidden` */
export function userOf(request: FastifyRequest, { users }: Pick<Parts, "users">): UserEntry {
  const principal = principalOf(request);
  if (!principal || !("person" in principal))
    throw new Problem("forbidden", "this is about who is logged in: a token of a program is nobody's");
  const { name, user } = principal.person;
  if (user === undefined)
    throw new Problem("not-found", `${name} has no telephone here: an administrator says which user it is`);
  const found = users.get(user);
  if (!found) throw new Problem("not-found", `there is no user ${user} any more`);
  return found;
}

/** The numbers that ring each of these users. Of a million numbers these are found by their index. */
export async function numbersOf(
  database: Database,
  users: readonly string[],
): Promise<Map<string, string[]>> {
  const rows =
    users.length === 0
      ? []
      : await database.read((db) =>
          db
            .selectFrom("numbers")
            .select(["number", "user_name"])
            .where("user_name", "in", users)
            .orderBy("number")
            .execute(),
        );
  return new Map(
    [...Map.groupBy(rows, (row) => row.user_name)].map(([user, all]) => [
      user,
      all.map(({ number }) => number),
    ]),
  );
}

export async function whoseCalls(database: Database, user: string): Promise<Whose> {
  const numbers = await numbersOf(database, [user]);
  return { user, called: [user, ...(numbers.get(user) ?? [])] };
}

/** Its own of all that is set. Pure. */
export function ownOf(features: Features = noFeatures): OwnFeatures {
  const { forward, dnd, also_ring, anonymous, callers, phones, hide_caller } = features;
  return { forward, dnd, also_ring, anonymous, callers, phones, hide_caller };
}

/** @param numbers that ring it @param recordings it may hear its own @param groups all that there are. Pure. */
export function meOf(
  { name, display, features = noFeatures }: UserEntry,
  { numbers, groups, recordings }: { numbers: string[]; groups: Iterable<Group>; recordings: boolean },
): Me {
  const { pickup, max_calls, may_call } = features;
  return {
    name,
    display,
    numbers,
    groups: [...groups]
      .filter(({ members }) => members.some(({ user }) => user === name))
      .map((group) => group.name),
    features: ownOf(features),
    set_for_you: { pickup, max_calls, may_call },
    recordings,
  };
}
