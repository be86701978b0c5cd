import { createHash, randomBytes } from "node:crypto";
import type { Database } from "../db/database.ts";
import type { SessionsTable } from "../db/tables.ts";
import { endSessions } from "./people.ts";
import { changeAccess } from "./revision.ts";

/** Logins in the database, so that any node knows them. */

/** A login ends when it was not used for so long, and at the latest after so long (docs/access.md says why). */
export const idleMs = 60 * 60_000;
export const longestMs = 12 * 60 * 60_000;
/** When it was used is written so often at most. */
export const touchMs = 60_000;

export const tokenForm = /^[A-Za-z0-9_-]{43}$/;

/** What is stored of a token. */
export const sessionId = (token: string): Buffer => createHash("sha256").update(token, "utf8").digest();

export interface Login {
  person: string;
  how: string;
  source: string;
  agent: string;
  /** Proven by more than a password. */
  strong: boolean;
  /** When who it is was proven; null: now. */
  provenAt: Date | null;
}

export class Sessions {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @returns the cookie's token: 256 random bits */
  async begin(
    { person, how, source, agent, strong, provenAt }: Login,
    now: Date,
  ): Promise<{ token: string; expiresAt: Date }> {
    const token = randomBytes(32).toString("base64url");
    const expiresAt = new Date(now.getTime() + longestMs);
    await changeAccess(this.database, async (trx, revision) => {
      const row: SessionsTable = {
        id: sessionId(token),
        person,
        how,
        source: source.slice(0, 64),
        agent: agent.slice(0, 256),
        created_at: now,
        seen_at: now,
        expires_at: expiresAt,
        ended_at: null,
        strong: Number(strong),
        proven_at: provenAt,
        revision,
      };
      // It is there already when the answer to the commit was lost.
      await trx.replaceInto("sessions").values(row).execute();
      await trx.updateTable("people").set({ login_at: now }).where("name", "=", person).execute();
    });
    return { token, expiresAt };
  }

  async end(id: Buffer, now: Date): Promise<void> {
    await changeAccess(this.database, async (trx, revision) => {
      await trx
        .updateTable("sessions")
        .set({ ended_at: now, revision })
        .where("id", "=", id)
        .where("ended_at", "is", null)
        .execute();
    });
  }

  /** Those of a person that are good, the newest first. */
  async of(person: string, now: Date): Promise<SessionsTable[]> {
    return await this.database.read((db) =>
      db
        .selectFrom("sessions")
        .selectAll()
        .where("person", "=", person)
        .where("ended_at", "is", null)
        .where("expires_at", ">", now)
        .where("seen_at", ">", new Date(now.getTime() - idleMs))
        .orderBy("created_at", "desc")
        .limit(200)
        .execute(),
    );
  }

  /** All of a person but this one. */
  async endOthers(person: string, but: Buffer): Promise<void> {
    await changeAccess(this.database, (trx, revision) => endSessions(trx, person, revision, but));
  }

  /** Whose it is has proven again who it is. */
  async prove(id: Buffer, now: Date): Promise<void> {
    await changeAccess(this.database, async (trx, revision) => {
      await trx.updateTable("sessions").set({ proven_at: now, revision }).where("id", "=", id).execute();
    });
  }

  /** It was used: the other nodes need not hear of it at once. */
  async touch(id: Buffer, now: Date): Promise<void> {
    await this.database.transact((trx) =>
      trx.updateTable("sessions").set({ seen_at: now }).where("id", "=", id).execute(),
    );
  }

  /** When it was used last, at whichever node. */
  async seenAt(id: Buffer): Promise<Date | undefined> {
    const row = await this.database.read((db) =>
      db.selectFrom("sessions").select("seen_at").where("id", "=", id).executeTakeFirst(),
    );
    return row?.seen_at;
  }

  /** Those that were over a day ago. */
  async prune(now: Date): Promise<void> {
    await this.database.transact((trx) =>
      trx
        .deleteFrom("sessions")
        .where("expires_at", "<", new Date(now.getTime() - 86_400_000))
        .execute(),
    );
  }
}
