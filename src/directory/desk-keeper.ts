import { setTimeout as delay } from "node:timers/promises";
import { sql, type Transaction } from "kysely";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import { change } from "../entities/changes.ts";
import { directEdit } from "../entities/history.ts";
import type { DeskOrder } from "./code-schema.ts";
import { type Desk, deskSchema } from "./desk-schema.ts";
import { desks, desksOf } from "./desks.ts";
import type { Said } from "./feature-keeper.ts";
import { isPin } from "./pin.ts";
import { goodTry, subjectsOf, takeTry } from "./pin-tries.ts";
import { featuresOf } from "./users.ts";

/** As long as other codes take (feature-keeper.ts): less than Kamailio waits for a late decision. */
const patienceMs = 3500;

const said = (code: number, reason: string): Said => ({ action: "reject", code, reason });

/** Whoever has no such number, no PIN or another one hears the same. */
const wrong = said(403, "Wrong Number Or PIN");

/** What is told of those who log in and off. */
interface DeskEvents {
  deskChanged(phone: string, user: string, what: "logged in" | "logged off"): void;
  pinRefused(phone: string, user: string, why: "wrong" | "locked"): void;
}

/** Lets users log in at telephones of others, and off: what the codes `desk-…` order. */
export class DeskKeeper {
  private readonly database: Database;
  private readonly live: { catchUp(): Promise<void> };
  private readonly events: DeskEvents;

  /** @param live decides by a change at once */
  constructor(database: Database, live: { catchUp(): Promise<void> }, events: DeskEvents) {
    this.database = database;
    this.live = live;
    this.events = events;
  }

  /**
   * 480 and how it is now; 403 for a wrong PIN, or one of too many; 503 when the database did not take it. Never throws.
   * @param phone the user that the telephone is registered as
   * @param guest who is logged in there, as far as known here
   */
  async obey(phone: string, order: DeskOrder, guest: string | undefined): Promise<Said> {
    if (order.order === "desk-ask")
      return said(480, guest === undefined ? "Nobody Is Logged In" : inWords(guest));
    const work = order.order === "desk-login" ? this.login(phone, order.to, order.pin) : this.logoff(phone);
    const late = said(503, "Not Changed: No Database");
    return await Promise.race([work.catch(() => late), delay(patienceMs, late, { ref: false })]);
  }

  private async login(phone: string, user: string, pin: string): Promise<Said> {
    const { database } = this;
    const row = await database.read((db) =>
      db
        .selectFrom("users")
        .select(["name", "enabled", "pin", "features"])
        .where("name", "=", user)
        .executeTakeFirst(),
    );
    if (!(await takeTry(database, subjectsOf(phone, row?.name), new Date()))) {
      this.events.pinRefused(phone, user, "locked");
      return said(403, "Too Many Wrong PINs: Try Later");
    }
    const isRight = await isPin(pin, row?.pin);
    if (!row || !isRight || row.enabled === 0) {
      this.events.pinRefused(phone, user, "wrong");
      return wrong;
    }
    await goodTry(database, phone, user);
    const isOwn = phone === user;
    const lastWins = featuresOf(row.features)?.phones === "newest";
    const others = await database.transact((trx) => desksOf(trx, user));
    for (const desk of others) {
      const ends = isOwn
        ? lastWins || desk.name === phone
        : lastWins && desk.user === user && desk.name !== phone;
      if (ends) await this.end(desk, user);
    }
    if (!isOwn)
      await this.write(phone, user, "put", (trx) => {
        const body = JSON.stringify(deskSchema.parse({ name: phone, user }));
        return sql`REPLACE INTO desks (name, body) VALUES (${phone}, ${body})`.execute(trx);
      });
    await this.live.catchUp();
    this.events.deskChanged(phone, user, "logged in");
    return said(480, inWords(user));
  }

  private async logoff(phone: string): Promise<Said> {
    const there = await this.database.transact((trx) => desksOf(trx, phone));
    const desk = there.find(({ name }) => name === phone);
    if (desk) {
      await this.end(desk, desk.user);
      await this.live.catchUp();
    }
    return said(480, "Logged Off");
  }

  /** @param by who ends it */
  private async end(desk: Desk, by: string): Promise<void> {
    const { name, user } = desk;
    await this.write(name, by, "delete", (trx) => sql`DELETE FROM desks WHERE name = ${name}`.execute(trx));
    this.events.deskChanged(name, user, "logged off");
  }

  private async write(
    phone: string,
    who: string,
    operation: "put" | "delete",
    work: (trx: Transaction<Tables>) => Promise<unknown>,
  ): Promise<void> {
    const reason = { ...directEdit, who, why: "dialled at a telephone" };
    await change(this.database, { of: desks, entity: phone, operation, reason }, async (trx) => {
      await work(trx);
    });
  }
}

const inWords = (user: string): string => `Logged In: ${user}`;
