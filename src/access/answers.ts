import { sealed, unsealed } from "../base/seal.ts";
import type { Database } from "../db/database.ts";

/** Answers to requests that have a key, in the database of every node: who is at it, and what came of it. */

/** A claim that nobody renews is over after so long: its node died. */
const claimMs = 5000;
export const renewMs = 1500;
const keptMs = 24 * 3_600_000;
/** More than so many are not kept, whatever their age. */
const maxRows = 100_000;
const deadlineMs = 3000;

export interface Claim {
  /** Of the key and whose it is. */
  id: Buffer;
  /** Of the request. */
  fingerprint: Buffer;
  /** This very attempt. */
  by: Buffer;
}

export class Answers {
  private readonly database: Database;
  private readonly secret: string;

  /** @param secret of the cluster: answers may contain what is told only once, such as a new token */
  constructor(database: Database, secret: string) {
    this.database = database;
    this.secret = secret;
  }

  /**
   * @returns `mine`: to be done now, and to be kept or freed; `running`: somebody is at it; `other`: the key came with another request;
   * a Buffer: it was done (`opened`)
   */
  claim({ id, fingerprint, by }: Claim): Promise<"mine" | "running" | "other" | Buffer> {
    return this.database.transact(
      async (trx) => {
        const now = new Date();
        const until = new Date(now.getTime() + claimMs);
        const row = { id, fingerprint, claim: by, until, answer: null, made_at: now };
        await trx.insertInto("idempotency").ignore().values(row).execute();
        const found = await trx
          .selectFrom("idempotency")
          .selectAll()
          .where("id", "=", id)
          .forUpdate()
          .executeTakeFirstOrThrow();
        if (found.claim.equals(by)) return "mine";
        // One that is too old is as good as none: it is removed now and then only.
        const isOld = found.made_at.getTime() < now.getTime() - keptMs;
        if (!isOld && !found.fingerprint.equals(fingerprint)) return "other";
        if (!isOld && found.answer !== null) return found.answer;
        if (!isOld && found.until > now) return "running";
        await trx.updateTable("idempotency").set(row).where("id", "=", id).execute();
        return "mine";
      },
      { deadlineMs },
    );
  }

  async renew(claim: Claim): Promise<void> {
    await this.update(claim, { until: new Date(Date.now() + claimMs) });
  }

  /** For whoever sends the same again. */
  async keep(claim: Claim, answer: string): Promise<void> {
    await this.update(claim, { answer: Buffer.from(sealed(this.secret, of(claim), answer)) });
  }

  /** @throws Error when it is damaged */
  opened(claim: Claim, answer: Buffer): string {
    return unsealed(this.secret, of(claim), answer.toString());
  }

  /** As if it had not been sent. */
  async free({ id, by }: Claim): Promise<void> {
    await this.database.transact(
      (trx) => trx.deleteFrom("idempotency").where("id", "=", id).where("claim", "=", by).execute(),
      { deadlineMs },
    );
  }

  async prune(now: Date): Promise<void> {
    await this.database.transact(async (trx) => {
      const before = new Date(now.getTime() - keptMs);
      await trx.deleteFrom("idempotency").where("made_at", "<", before).execute();
      const extra = await trx
        .selectFrom("idempotency")
        .select("made_at")
        .orderBy("made_at", "desc")
        .offset(maxRows)
        .limit(1)
        .executeTakeFirst();
      if (extra) await trx.deleteFrom("idempotency").where("made_at", "<=", extra.made_at).execute();
    });
  }

  private async update({ id, by }: Claim, set: { until: Date } | { answer: Buffer }): Promise<void> {
    await this.database.transact(
      (trx) => trx.updateTable("idempotency").set(set).where("id", "=", id).where("claim", "=", by).execute(),
      { deadlineMs },
    );
  }
}

const of = ({ id }: Claim): string => `answer ${id.toString("hex")}`;
