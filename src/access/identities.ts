import { createHash, randomUUID } from "node:crypto";
import type { z } from "zod";
import type { Database } from "../db/database.ts";
import type { IdentitiesTable, PeopleTable } from "../db/tables.ts";
import { uuidToBytes } from "../db/uuid.ts";
import type { Role } from "../http/access.ts";
import { Problem } from "../http/problems.ts";
import { personName } from "./access-schema.ts";
import { assertAdministrator, rowOf } from "./people.ts";
import type { Claimed } from "./provider-claims.ts";
import type { identitySchema } from "./provider-schema.ts";
import { changeAccess } from "./revision.ts";

/** Who at a provider each person is, in the database: by issuer and subject, which nothing else has (OpenID Connect Core 5.7). */

/** A person has at most so many. */
const most = 20;

const idOf = (kind: "subject" | "name", issuer: string, text: string): Buffer =>
  createHash("sha256")
    .update(JSON.stringify([kind, issuer, text]))
    .digest();

/** What a login changed beside. */
export interface Change {
  person: string;
  before: object | null;
  after: object;
}

export interface Arrival {
  issuer: string;
  subject: string;
  claimed: Claimed;
  /** The role of whom nobody knows; null: it is refused. */
  newPeople: Role | null;
}

export class Identities {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  async of(person: string): Promise<z.infer<typeof identitySchema>[]> {
    const rows = await this.database.read((db) =>
      db.selectFrom("identities").selectAll().where("person", "=", person).orderBy("created_at").execute(),
    );
    return rows.map(({ id, issuer, claimed, subject, created_at, used_at }) => ({
      id: id.toString("hex"),
      issuer,
      claimed,
      subject,
      created_at: created_at.toISOString(),
      used_at: used_at?.toISOString() ?? null,
    }));
  }

  /** Whoever logs in first with this name at this issuer is this person. @throws Problem `not-found`, `exists`, `not-now` */
  async expect(person: string, issuer: string, claimed: string, now: Date): Promise<string> {
    const name = claimed.toLowerCase();
    const id = idOf("name", issuer, name);
    await changeAccess(this.database, async (trx) => {
      if (!(await rowOf(trx, person))) throw new Problem("not-found", `there is no person ${person}`);
      const before = await trx.selectFrom("identities").selectAll().where("id", "=", id).executeTakeFirst();
      // The answer to the first commit was lost, or it is asked for twice.
      if (before?.person === person) return;
      if (before) throw new Problem("exists", `${name} is linked with ${before.person} already`);
      const own = await trx.selectFrom("identities").select("id").where("person", "=", person).execute();
      if (own.length >= most)
        throw new Problem("not-now", `a person has at most ${most} of them: remove one first`);
      const row = { id, person, issuer, claimed: name, subject: null, created_at: now, used_at: null };
      await trx.insertInto("identities").values(row).execute();
    });
    return id.toString("hex");
  }

  /** Its logins go on until they end: they were good. @throws Problem `not-found` */
  async remove(person: string, id: Buffer): Promise<void> {
    let removed = false;
    await changeAccess(this.database, async (trx) => {
      const found = await trx
        .deleteFrom("identities")
        .where("id", "=", id)
        .where("person", "=", person)
        .executeTakeFirst();
      if (found.numDeletedRows === 0n && !removed)
        throw new Problem("not-found", `${person} is linked with nothing of this id`);
      removed = true;
    });
  }

  /** Whose this subject is; undefined: nobody's. */
  async personOf(issuer: string, subject: string): Promise<string | undefined> {
    const row = await this.database.read((db) =>
      db
        .selectFrom("identities")
        .select("person")
        .where("id", "=", idOf("subject", issuer, subject))
        .executeTakeFirst(),
    );
    return row?.person;
  }

  /**
   * Somebody came from its provider: links it on its first login, makes it where that is wanted, and gives it the role that the provider
   * says. @returns who it is, and what was changed. @throws Problem `provider-stranger`, `provider-refused`, `not-now`
   */
  async arrive(arrival: Arrival, now: Date): Promise<{ person: string; changes: Change[] }> {
    let changes: Change[] = [];
    const person = await changeAccess(this.database, async (trx, revision) => {
      const done: Change[] = [];
      const { issuer, subject, claimed } = arrival;
      const id = idOf("subject", issuer, subject);
      const linked = await trx.selectFrom("identities").selectAll().where("id", "=", id).executeTakeFirst();
      let name = linked?.person;
      if (name === undefined) {
        const waiting =
          claimed.name === undefined
            ? undefined
            : await trx
                .selectFrom("identities")
                .selectAll()
                .where("id", "=", idOf("name", issuer, claimed.name))
                .executeTakeFirst();
        name = waiting?.person ?? newNameOf(arrival);
        if (waiting) await trx.deleteFrom("identities").where("id", "=", waiting.id).execute();
        else {
          if (await rowOf(trx, name)) throw taken(name);
          const made = newPerson(name, arrival, revision, now);
          await trx.replaceInto("people").values(made).execute();
          done.push({ person: name, before: null, after: { name, role: made.role, made_by: issuer } });
        }
        const row: IdentitiesTable = {
          id,
          person: name,
          issuer,
          claimed: claimed.name ?? "",
          subject,
          created_at: now,
          used_at: now,
        };
        await trx.insertInto("identities").values(row).execute();
        done.push({ person: name, before: null, after: { name, linked: { issuer, subject } } });
      } else await trx.updateTable("identities").set({ used_at: now }).where("id", "=", id).execute();
      const row = await rowOf(trx, name);
      if (!row || row.enabled === 0)
        throw new Problem(
          "provider-refused",
          `${name} may not log in here: an administrator can change that`,
        );
      const { role } = claimed;
      if (role === null)
        throw new Problem("provider-refused", `the provider gives ${name} no role that counts here`);
      if (role !== undefined && role !== row.role) {
        await trx.updateTable("people").set({ role, revision }).where("name", "=", name).execute();
        await assertAdministrator(trx);
        done.push({ person: name, before: { name, role: row.role }, after: { name, role } });
      }
      // When the answer to the first commit was lost, there is nothing left to do the second time.
      if (done.length > 0) changes = done;
      return name;
    });
    return { person, changes };
  }
}

const taken = (name: string): Problem =>
  new Problem("provider-stranger", `there is a person ${name} already, who is not linked with this login`);

/** What somebody is to be called whom nobody knows here. Pure. @throws Problem `provider-stranger`, `provider-refused` */
export function newNameOf({ claimed: { name, noName, role }, newPeople }: Arrival): string {
  if (newPeople === null && name !== undefined)
    throw new Problem("provider-stranger", `nobody here is linked with ${name}`);
  if (name === undefined) throw new Problem("provider-refused", noName);
  if (role === null)
    throw new Problem("provider-refused", `the provider gives ${name} no role that counts here`);
  const good = personName.safeParse(name);
  if (!good.success)
    throw new Problem(
      "provider-refused",
      `${name} can not be a name here: an administrator makes the person`,
    );
  return good.data;
}

const newPerson = (
  name: string,
  { claimed, newPeople }: Arrival,
  revision: number,
  now: Date,
): PeopleTable => ({
  name,
  id: uuidToBytes(randomUUID()),
  display: claimed.display,
  role: claimed.role ?? newPeople ?? "user",
  scope: null,
  user_name: null,
  password: null,
  enabled: 1,
  revision,
  created_at: now,
  login_at: null,
  removed_at: null,
});
