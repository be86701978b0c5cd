import type { Database } from "../db/database.ts";
import { type AcmeState, acmeStateSchema } from "./acme-state.ts";

/** Orders in the database: whichever node holds the service address goes on with them, and each can answer an authority. */

/** As it was read: what is written rests on it. */
export interface Known {
  generation: number;
  state: AcmeState | undefined;
}

const deadlineMs = 2000;

export class AcmeStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async read(): Promise<Known> {
    const row = await this.database.read(
      (db) => db.selectFrom("acme").selectAll().where("id", "=", 1).executeTakeFirst(),
      { deadlineMs },
    );
    return {
      generation: Number(row?.generation ?? 0),
      state: row ? acmeStateSchema.parse(JSON.parse(row.body)) : undefined,
    };
  }

  /** @returns what is there now; undefined: somebody else wrote meanwhile, whose word stands */
  async write({ generation }: Known, state: AcmeState): Promise<Known | undefined> {
    const next = generation + 1;
    const body = JSON.stringify(state);
    return await this.database.transact(async (trx) => {
      if (generation === 0)
        await trx.insertInto("acme").ignore().values({ id: 1, generation: 0, body }).execute();
      await trx
        .updateTable("acme")
        .set({ generation: next, body })
        .where("id", "=", 1)
        .where("generation", "=", generation)
        .execute();
      const row = await trx.selectFrom("acme").selectAll().where("id", "=", 1).executeTakeFirst();
      // Also when the answer to the commit was lost, and this is the second time.
      return row && Number(row.generation) === next && row.body === body
        ? { generation: next, state }
        : undefined;
    });
  }

  /** What an authority is to read under this token. */
  async putAnswer(token: string, answer: string): Promise<void> {
    await this.database.transact(async (trx) => {
      const made_at = new Date();
      await trx
        .insertInto("acme_answers")
        .values({ token, answer, made_at })
        .onDuplicateKeyUpdate({ answer, made_at })
        .execute();
    });
  }

  async answer(token: string): Promise<string | undefined> {
    const row = await this.database.read(
      (db) => db.selectFrom("acme_answers").select("answer").where("token", "=", token).executeTakeFirst(),
      { deadlineMs },
    );
    return row?.answer;
  }

  async forgetAnswers(): Promise<void> {
    await this.database.transact((trx) => trx.deleteFrom("acme_answers").execute());
  }
}
