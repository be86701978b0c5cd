import { isIPv6 } from "node:net";
import type { Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";

/**
 * Logins that failed, counted for all nodes, in the database. A person and a source together soon have to wait, so that guessing
 * one password ends; a person from anywhere, and a source for anybody, only after many: nobody is to lock somebody else out easily.
 */

export interface Tries {
  tries: number;
  /** Of the last one. */
  at: Date;
}

interface Subject {
  name: string;
  /** So many are free. */
  free: number;
}

/** The first pause; each failure doubles it. */
const firstPauseMs = 2000;
const longestPauseMs = 15 * 60_000;
/** Then it is forgotten. */
export const forgottenMs = 60 * 60_000;

/** An IPv6 host has a whole /64 (RFC 4291): its first four groups. Pure. */
export function sourceOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = "", tail] = address.split("%")[0]?.split("::") ?? [];
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0");
  const groups = [...first, ...middle, ...last].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}

/** Who is counted. Pure. @param person undefined: it is not known whose login it is */
export const subjectsOf = (person: string | undefined, address: string): Subject[] => {
  const source = sourceOf(address);
  const anybody = { name: `source ${source}`, free: 20 };
  if (person === undefined) return [anybody];
  return [{ name: `both ${person} ${source}`, free: 5 }, { name: `person ${person}`, free: 50 }, anybody];
};

/** How long the next try has to wait, ms. Pure. */
export function pauseMs(before: Tries | undefined, free: number, now: Date): number {
  if (!before || before.tries < free) return 0;
  const age = now.getTime() - before.at.getTime();
  if (age >= forgottenMs) return 0;
  const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(before.tries - free, 20));
  return Math.max(0, pause - age);
}

/** The count with one more. Pure. */
export const oneMore = (before: Tries | undefined, now: Date): Tries => ({
  tries: before && now.getTime() - before.at.getTime() < forgottenMs ? before.tries + 1 : 1,
  at: now,
});

/**
 * Counts a try before it is made, so that many at once are no more.
 * @returns how long it has to wait, ms; 0: it was counted and may be made
 */
export const takeTry = (
  database: Database,
  person: string | undefined,
  address: string,
  now: Date,
): Promise<number> =>
  database.transact(async (trx) => {
    const counted: { subject: string; tries: number; at: Date }[] = [];
    let longest = 0;
    for (const { name, free } of subjectsOf(person, address)) {
      const before = await trx
        .selectFrom("login_tries")
        .select(["tries", "at"])
        .where("subject", "=", name)
        .forUpdate()
        .executeTakeFirst();
      longest = Math.max(longest, pauseMs(before, free, now));
      counted.push({ subject: name, ...oneMore(before, now) });
    }
    if (longest > 0) return longest;
    for (const row of counted) await trx.replaceInto("login_tries").values(row).execute();
    return 0;
  });

/** One try fewer of each of these. */
const takeBack = async (trx: Transaction<Tables>, subjects: readonly Subject[]): Promise<void> => {
  const names = subjects.map(({ name }) => name);
  await trx
    .updateTable("login_tries")
    .set(({ eb }) => ({ tries: eb("tries", "-", 1) }))
    .where("subject", "in", names)
    .where("tries", ">", 0)
    .execute();
};

/**
 * The password was right and a code is missing, or nobody guessed anything: this try counts for nothing, and nothing that failed before
 * is forgotten.
 */
export const noTry = (database: Database, person: string | undefined, address: string): Promise<void> =>
  database.transact((trx) => takeBack(trx, subjectsOf(person, address)));

/**
 * It was right: this person begins again from here, and this try was none of the source's or of others on the person. Other ones
 * stay: who knows one password must not be able to try those of all others.
 */
export const goodTry = (database: Database, person: string, address: string): Promise<void> =>
  database.transact(async (trx) => {
    const [both, ...rest] = subjectsOf(person, address);
    await trx
      .deleteFrom("login_tries")
      .where("subject", "=", both?.name ?? "")
      .execute();
    await takeBack(trx, rest);
  });

export const pruneTries = async (database: Database, now: Date): Promise<void> => {
  await database.transact((trx) =>
    trx
      .deleteFrom("login_tries")
      .where("at", "<", new Date(now.getTime() - 24 * forgottenMs))
      .execute(),
  );
};
