import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { PeopleTable, Tables } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { Problem } from "../http/problems.ts";
import { type NewPerson, type PersonShown, roleSchema, scopeSchema } from "./access-schema.ts";
import { forgetFactors, withFactor } from "./factor-rows.ts";
import { hashedPassword } from "./password.ts";
import { changeAccess } from "./revision.ts";
import { assertStrong, namesOf } from "./strength.ts";

/** People in the database. */

type Row = PeopleTable;

/** Looks at who is there before anything is changed. @throws Problem: it is not changed */
type Check = (before: Row | undefined) => void;
const anyhow: Check = () => {};

/** What of it is changed by people: a login changes nothing of it. */
export const keptOf = ({ login_at: _, revision: __, ...kept }: Row): Omit<Row, "login_at" | "revision"> =>
  kept;

export const scopeOf = (stored: string | null) =>
  stored === null ? null : scopeSchema.parse(JSON.parse(stored));

/** @param second it has a second factor */
const shownPerson = (row: Row, second: boolean): PersonShown => ({
  name: row.name,
  display: row.display,
  role: roleSchema.parse(row.role),
  scope: scopeOf(row.scope),
  user: row.user_name,
  enabled: row.enabled !== 0,
  password: row.password !== null,
  second_factor: second,
  created_at: row.created_at.toISOString(),
  login_at: row.login_at?.toISOString() ?? null,
});

const missing = (name: string): Problem => new Problem("not-found", `there is no person ${name}`);

/** Undefined: there is nobody of this name. */
export async function rowOf(trx: Transaction<Tables>, name: string): Promise<Row | undefined> {
  const row = await trx.selectFrom("people").selectAll().where("name", "=", name).executeTakeFirst();
  return row && row.removed_at === null ? row : undefined;
}

const administrators = (trx: Transaction<Tables>) =>
  trx
    .selectFrom("people")
    .select("name")
    .where("role", "=", "administrator")
    .where("enabled", "=", 1)
    .where("removed_at", "is", null)
    .limit(1)
    .execute();

/** Somebody must be left who can let others in. @throws Problem `not-now` */
export async function assertAdministrator(trx: Transaction<Tables>): Promise<void> {
  if ((await administrators(trx)).length === 0)
    throw new Problem(
      "not-now",
      "nobody would be left who can log in as administrator: make another one first",
    );
}

/** Whoever is changed like this is logged out everywhere. */
export async function endSessions(
  trx: Transaction<Tables>,
  person: string,
  revision: number,
  but?: Buffer,
): Promise<void> {
  let query = trx
    .updateTable("sessions")
    .set({ ended_at: new Date(), revision })
    .where("person", "=", person)
    .where("ended_at", "is", null);
  if (but) query = query.where("id", "!=", but);
  await query.execute();
}

/** This login has just proven to have a second factor; the person's others may be somebody's who has none, and end. */
export async function onlyStrongSession(
  trx: Transaction<Tables>,
  person: string,
  revision: number,
  session: Buffer,
): Promise<void> {
  await endSessions(trx, person, revision, session);
  await trx.updateTable("sessions").set({ strong: 1, revision }).where("id", "=", session).execute();
}

export class People {
  private readonly database: Database;
  private readonly cluster: string;

  /** @param cluster its name, which no password may contain */
  constructor(database: Database, cluster: string) {
    this.database = database;
    this.cluster = cluster;
  }

  /** What is stored of a new password. @throws Problem: it would be guessed; TooBusy */
  private async kept(password: string, { name, display }: { name: string; display: string }) {
    await assertStrong(password, namesOf(name, display, this.cluster));
    return await hashedPassword(password);
  }

  async list(after: string, limit: number): Promise<PersonShown[]> {
    const rows = await this.database.read((db) =>
      db
        .selectFrom("people")
        .selectAll()
        .where("name", ">", after)
        .where("removed_at", "is", null)
        .orderBy("name")
        .limit(limit)
        .execute(),
    );
    const second = await withFactor(
      this.database,
      rows.map(({ name }) => name),
    );
    return rows.map((row) => shownPerson(row, second.has(row.name)));
  }

  /** Its row. @throws Problem `not-found` */
  async get(name: string): Promise<Row> {
    const row = await this.stored(name);
    if (!row) throw missing(name);
    return row;
  }

  /** As the API shows it. @throws Problem `not-found` */
  async shown(name: string): Promise<PersonShown> {
    const row = await this.get(name);
    return shownPerson(row, (await withFactor(this.database, [name])).has(name));
  }

  /** Its row with its password's hash; undefined: there is nobody of this name. */
  async stored(name: string): Promise<Row | undefined> {
    return await this.database.read(async (db) => {
      const row = await db.selectFrom("people").selectAll().where("name", "=", name).executeTakeFirst();
      return row && row.removed_at === null ? row : undefined;
    });
  }

  /** Is there nobody yet who could let others in? */
  async needsFirst(): Promise<boolean> {
    return (await this.database.read((db) => administrators(db as Transaction<Tables>))).length === 0;
  }

  /** @throws Problem `exists` */
  async add(person: NewPerson, { check = anyhow, id }: { check?: Check; id?: Buffer | undefined } = {}) {
    await this.insert(person, () => Promise.resolve(), check, id);
  }

  /** The first administrator. @throws Problem `not-now`: there is one already, `exists` */
  async addFirst(person: Pick<NewPerson, "name" | "display"> & { password: string }): Promise<void> {
    const all = { ...person, role: "administrator" as const, scope: null, user: null, enabled: true };
    await this.insert(all, async (trx) => {
      if ((await administrators(trx)).length > 0)
        throw new Problem("not-now", "there is an administrator already: the link is not good any more");
    });
  }

  private async insert(
    { name, display, role, scope, user, enabled, password }: NewPerson,
    may: (trx: Transaction<Tables>) => Promise<void>,
    check = anyhow,
    id = uuidToBytes(randomUUID()),
  ): Promise<void> {
    const hash = password === undefined ? null : await this.kept(password, { name, display });
    await changeAccess(this.database, async (trx, revision) => {
      const before = await rowOf(trx, name);
      // The answer to the first commit was lost.
      if (before?.id.equals(id)) return;
      check(before);
      if (before) throw new Problem("exists", `there is a person ${name} already`);
      await may(trx);
      const row: Row = {
        name,
        id,
        display,
        role,
        scope: scope === null ? null : JSON.stringify(scope),
        user_name: user,
        password: hash,
        enabled: Number(enabled),
        revision,
        created_at: new Date(),
        login_at: null,
        removed_at: null,
      };
      await trx.replaceInto("people").values(row).execute();
    });
  }

  /** All but a password that is not given. @throws Problem `not-found`, `not-now` */
  async change(
    { name, display, role, scope, user, enabled, password }: NewPerson,
    check = anyhow,
  ): Promise<void> {
    const hash = password === undefined ? undefined : await this.kept(password, { name, display });
    await changeAccess(this.database, async (trx, revision) => {
      const before = await rowOf(trx, name);
      check(before);
      if (!before) throw missing(name);
      await trx
        .updateTable("people")
        .set({
          display,
          role,
          scope: scope === null ? null : JSON.stringify(scope),
          user_name: user,
          enabled: Number(enabled),
          revision,
          ...(hash !== undefined && { password: hash }),
        })
        .where("name", "=", name)
        .execute();
      await assertAdministrator(trx);
      if (!enabled || hash !== undefined) await endSessions(trx, name, revision);
    });
  }

  /** A new password: all its logins but this one are over. @throws Problem `not-found` */
  async setPassword(name: string, password: string, but?: Buffer): Promise<void> {
    const hash = await this.kept(password, await this.get(name));
    await changeAccess(this.database, async (trx, revision) => {
      if (!(await rowOf(trx, name))) throw missing(name);
      await trx.updateTable("people").set({ password: hash, revision }).where("name", "=", name).execute();
      await endSessions(trx, name, revision, but);
    });
  }

  /** @throws Problem `not-found`, `not-now` */
  async remove(name: string, check = anyhow): Promise<void> {
    let removed = false;
    await changeAccess(this.database, async (trx, revision) => {
      const before = await rowOf(trx, name);
      // The answer to the first commit was lost.
      if (!before && removed) return;
      if (!before) throw missing(name);
      check(before);
      await trx
        .updateTable("people")
        .set({ removed_at: new Date(), password: null, enabled: 0, revision })
        .where("name", "=", name)
        .execute();
      await assertAdministrator(trx);
      await forgetFactors(trx, name);
      await trx.deleteFrom("identities").where("person", "=", name).execute();
      await endSessions(trx, name, revision);
      removed = true;
    });
  }
}
