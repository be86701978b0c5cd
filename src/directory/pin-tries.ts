import type { Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

/** Wrong PINs are counted by user and by telephone, for all nodes: in the database. */

export interface Tries {
  tries: number;
  /** Of the last one. */
  at: Date;
}

export const mostTries = 5;
export const lockedMs = 15 * 60_000;

/** The count with one more; "locked": it is not looked at. Old ones are forgotten. Pure. */
export function oneMore(before: Tries | undefined, now: Date): Tries | "locked" {
  if (!before || now.getTime() - before.at.getTime() >= lockedMs) return { tries: 1, at: now };
  return before.tries >= mostTries ? "locked" : { tries: before.tries + 1, at: now };
}

/** Who is counted: whose PIN is tried, and at which telephone. */
export const subjectsOf = (phone: string, user: string | undefined): string[] => [
  `phone ${phone}`,
  ...(user === undefined ? [] : [`user ${user}`]),
];

async function write(trx: Transaction<Tables>, subject: string, { tries, at }: Tries): Promise<void> {
  await trx.replaceInto("pin_tries").values({ subject, tries, at }).execute();
}

/** Counts a try before it is made, so that many at once are no more. False: one of them is locked. */
export const takeTry = (database: Database, subjects: readonly string[], now: Date): Promise<boolean> =>
  database.transact(async (trx) => {
    const counted = new Map<string, Tries>();
    for (const subject of subjects) {
      const before = await trx
        .selectFrom("pin_tries")
        .select(["tries", "at"])
        .where("subject", "=", subject)
        .forUpdate()
        .executeTakeFirst();
      const next = oneMore(before, now);
      if (next === "locked") return false;
      counted.set(subject, next);
    }
    for (const [subject, tries] of counted) await write(trx, subject, tries);
    return true;
  });

/**
 * It was the right one: the user's count begins again, and this try was none of the telephone's. Its other ones stay: who knows one
 * PIN must not be able to try those of all others.
 */
export const goodTry = (database: Database, phone: string, user: string): Promise<void> =>
  database.transact(async (trx) => {
    await trx.deleteFrom("pin_tries").where("subject", "=", `user ${user}`).execute();
    await trx
      .updateTable("pin_tries")
      .set(({ eb }) => ({ tries: eb("tries", "-", 1) }))
      .where("subject", "=", `phone ${phone}`)
      .where("tries", ">", 0)
      .execute();
  });
