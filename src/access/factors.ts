import { randomBytes } from "node:crypto";
import type { Transaction } from "kysely";
import { sealed, unsealed } from "../base/seal.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { forgetFactors, lastFactor, withFactor } from "./factor-rows.ts";
import { grouped, isRecoveryCode, newRecoveryCodes, newSecret, recoveryHash, stepOf } from "./one-time.ts";
import { endSessions, onlyStrongSession } from "./people.ts";
import { changeAccess } from "./revision.ts";

/** Second factors in the database: a code that was used at one node is used at all. */

/** What a secret belongs to (base/seal.ts). */
const secretOf = (person: string): string => `second factor ${person}`;

/** A secret that was shown and not confirmed is good for so long. */
const pendingMs = 15 * 60_000;

const emptyRow = (person: string, salt: Buffer) => ({
  person,
  salt,
  sealed: null,
  since: null,
  step: 0,
  used_by: null,
  pending: null,
  pending_at: null,
});

export interface OwnFactors {
  totpSince: Date | undefined;
  recoveryCodes: number;
}

export class Factors {
  private readonly database: Database;
  /** A secret of the cluster. */
  private readonly root: string;

  constructor(database: Database, root: string) {
    this.database = database;
    this.root = root;
  }

  async own(person: string): Promise<OwnFactors> {
    return await this.database.read(async (db) => {
      const row = await db
        .selectFrom("second_factors")
        .select("since")
        .where("person", "=", person)
        .where("sealed", "is not", null)
        .executeTakeFirst();
      const codes = await db
        .selectFrom("recovery_codes")
        .select(({ fn }) => fn.countAll<number>().as("left"))
        .where("person", "=", person)
        .executeTakeFirst();
      return { totpSince: row?.since ?? undefined, recoveryCodes: Number(codes?.left ?? 0) };
    });
  }

  async has(person: string): Promise<boolean> {
    return (await withFactor(this.database, [person])).has(person);
  }

  /** A new secret, good when a code of it is confirmed; until then what there was stays. */
  async begin(person: string, now: Date): Promise<string> {
    const secret = newSecret();
    const pending = { pending: sealed(this.root, secretOf(person), secret), pending_at: now };
    await this.database.transact(async (trx) => {
      const before = await trx
        .selectFrom("second_factors")
        .select("person")
        .where("person", "=", person)
        .forUpdate()
        .executeTakeFirst();
      if (before) await trx.updateTable("second_factors").set(pending).where("person", "=", person).execute();
      else
        await trx
          .insertInto("second_factors")
          .values({ ...emptyRow(person, randomBytes(16)), ...pending })
          .execute();
    });
    return secret;
  }

  /**
   * The authenticator knows the secret: from now on its codes are asked for, this login has proven to have it, all others end.
   * @returns recovery codes; those before are good no more
   * @throws Problem `not-now`, `invalid-request`
   */
  async confirm(person: string, code: string, session: Buffer, now: Date): Promise<string[]> {
    const codes = newRecoveryCodes();
    const salt = randomBytes(16);
    await changeAccess(this.database, async (trx, revision) => {
      const row = await trx
        .selectFrom("second_factors")
        .selectAll()
        .where("person", "=", person)
        .forUpdate()
        .executeTakeFirst();
      // The answer to the first commit was lost.
      if (row?.salt.equals(salt)) return;
      if (!row?.pending || !row.pending_at || now.getTime() - row.pending_at.getTime() > pendingMs)
        throw new Problem("not-now", "no secret waits to be confirmed: begin anew");
      const step = stepOf(unsealed(this.root, secretOf(person), row.pending), code, now);
      if (step === undefined)
        throw new Problem("invalid-request", "the code does not fit the secret", [
          { path: "/code", message: "is not of this secret, or the clock of the authenticator is wrong" },
        ]);
      await trx
        .updateTable("second_factors")
        .set({ sealed: row.pending, since: now, pending: null, pending_at: null, step, used_by: null, salt })
        .where("person", "=", person)
        .execute();
      await this.storeCodes(trx, person, salt, codes);
      await onlyStrongSession(trx, person, revision, session);
    });
    return codes.map(grouped);
  }

  private async storeCodes(trx: Transaction<Tables>, person: string, salt: Buffer, codes: readonly string[]) {
    await trx.deleteFrom("recovery_codes").where("person", "=", person).execute();
    await trx
      .insertInto("recovery_codes")
      .values(codes.map((code) => ({ person, hash: recoveryHash(this.root, salt, code) })))
      .execute();
  }

  /** Recovery codes with the first second factor; undefined: there are some. */
  async firstCodes(trx: Transaction<Tables>, person: string): Promise<string[] | undefined> {
    const known = await trx
      .selectFrom("recovery_codes")
      .select("person")
      .where("person", "=", person)
      .executeTakeFirst();
    if (known) return undefined;
    const codes = newRecoveryCodes();
    const salt = randomBytes(16);
    const row = await trx
      .selectFrom("second_factors")
      .select("person")
      .where("person", "=", person)
      .executeTakeFirst();
    if (row) await trx.updateTable("second_factors").set({ salt }).where("person", "=", person).execute();
    else await trx.insertInto("second_factors").values(emptyRow(person, salt)).execute();
    await this.storeCodes(trx, person, salt, codes);
    return codes.map(grouped);
  }

  /** New recovery codes. @throws Problem `not-now`: there is no second factor */
  async renewCodes(person: string): Promise<string[]> {
    if (!(await this.has(person)))
      throw new Problem("not-now", "there is no second factor that they would stand in for");
    return await this.database.transact(async (trx) => {
      await trx.deleteFrom("recovery_codes").where("person", "=", person).execute();
      return (await this.firstCodes(trx, person)) ?? [];
    });
  }

  /** Uses a code up. @returns how it was proven; undefined: it is wrong, or was used before, at whichever node */
  async use(person: string, code: string, now: Date): Promise<"code" | "recovery" | undefined> {
    const use = randomBytes(16);
    return await this.database.transact(async (trx) => {
      const row = await trx
        .selectFrom("second_factors")
        .selectAll()
        .where("person", "=", person)
        .forUpdate()
        .executeTakeFirst();
      if (!row) return undefined;
      const how = isRecoveryCode(code) ? "recovery" : "code";
      // The answer to the first commit was lost.
      if (row.used_by?.equals(use)) return how;
      let step = Number(row.step);
      if (how === "recovery") {
        const found = await trx
          .deleteFrom("recovery_codes")
          .where("person", "=", person)
          .where("hash", "=", recoveryHash(this.root, row.salt, code))
          .executeTakeFirst();
        if (found.numDeletedRows === 0n) return undefined;
      } else {
        if (row.sealed === null) return undefined;
        const of = stepOf(unsealed(this.root, secretOf(person), row.sealed), code, now);
        // RFC 6238 5.2: one that was used, or is older, is never taken again.
        if (of === undefined || of <= step) return undefined;
        step = of;
      }
      await trx
        .updateTable("second_factors")
        .set({ step, used_by: use })
        .where("person", "=", person)
        .execute();
      return how;
    });
  }

  /** No one-time codes any more; passkeys stay. All logins but this one end. @throws Problem `not-now`: it needs one */
  async removeTotp(person: string, needed: boolean, session: Buffer): Promise<void> {
    await changeAccess(this.database, async (trx, revision) => {
      const passkey = await trx
        .selectFrom("passkeys")
        .select("id")
        .where("person", "=", person)
        .executeTakeFirst();
      if (!passkey && needed) throw lastFactor();
      if (passkey)
        await trx
          .updateTable("second_factors")
          .set({ sealed: null, since: null })
          .where("person", "=", person)
          .execute();
      else await forgetFactors(trx, person);
      await endSessions(trx, person, revision, session);
    });
  }

  /** Takes all away; all logins end. */
  async remove(person: string): Promise<void> {
    await changeAccess(this.database, async (trx, revision) => {
      await forgetFactors(trx, person);
      await endSessions(trx, person, revision);
    });
  }
}
