import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";
import type { Database } from "../db/database.ts";

/**
 * What passkeys sign: random, with its time and a seal of the cluster, so that any node knows its own and nobody who only asks for one
 * makes a row. One that was answered is in the database, and is good no more.
 */

/** So long a person may take. */
export const answerMs = 5 * 60_000;

const sealOf = (root: string, purpose: string, body: Buffer): Buffer => {
  const key = Buffer.from(hkdfSync("sha256", root, "", `dialtone challenges ${purpose}`, 32));
  return createHmac("sha256", key).update(body).digest().subarray(0, 16);
};

/** @param purpose what it is for, and whom: it is good for nothing else */
export function newChallenge(root: string, purpose: string, now: Date): Buffer {
  const body = Buffer.concat([randomBytes(16), Buffer.alloc(8)]);
  body.writeBigUInt64BE(BigInt(now.getTime()), 16);
  return Buffer.concat([body, sealOf(root, purpose, body)]);
}

/** Is it one of ours for this, and not too old? Pure. */
export function isChallenge(root: string, purpose: string, challenge: Buffer, now: Date): boolean {
  if (challenge.length !== 40) return false;
  const body = challenge.subarray(0, 24);
  if (!timingSafeEqual(challenge.subarray(24), sealOf(root, purpose, body))) return false;
  const age = now.getTime() - Number(body.readBigUInt64BE(16));
  // The nodes' clocks differ.
  return age > -5000 && age < answerMs;
}

/** It was answered. @returns false: before, at whichever node */
export const useChallenge = (database: Database, challenge: Buffer, now: Date): Promise<boolean> => {
  const use = randomBytes(16);
  const id = challenge.subarray(0, 16);
  return database.transact(async (trx) => {
    await trx.insertInto("used_challenges").ignore().values({ id, used_by: use, at: now }).execute();
    const row = await trx
      .selectFrom("used_challenges")
      .select("used_by")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    return row.used_by.equals(use);
  });
};

export const pruneChallenges = async (database: Database, now: Date): Promise<void> => {
  await database.transact((trx) =>
    trx
      .deleteFrom("used_challenges")
      .where("at", "<", new Date(now.getTime() - 12 * answerMs))
      .execute(),
  );
};
