import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import { change } from "../entities/changes.ts";
import type { FeatureOrder } from "./code-schema.ts";
import type { Features } from "./features-schema.ts";
import { ordered, said } from "./order-features.ts";
import { featuresOf, storedFeatures, users } from "./users.ts";

/** Less than Kamailio waits for a late decision. */
const patienceMs = 3500;

/** What is answered to whoever dialled a star code: telephones show the reason. */
export interface Said {
  action: "reject";
  code: number;
  reason: string;
}

/** Carries out what users dial. Only the call that dialled it waits for the database. */
export class FeatureKeeper {
  private readonly database: Database;
  private readonly live: { catchUp(): Promise<void> };

  /** @param live decides by a change at once */
  constructor(database: Database, live: { catchUp(): Promise<void> }) {
    this.database = database;
    this.live = live;
  }

  /**
   * 480 and how it is now; 503 when the database did not take it. Never throws.
   * @param known the user's features, as far as known here
   */
  async obey(user: string, order: FeatureOrder, known: Features | undefined): Promise<Said> {
    const asks = ordered(known, order) === undefined;
    const work = asks ? Promise.resolve(known) : this.change(user, order);
    const late = Symbol("late");
    const done = await Promise.race([work.catch(() => late), delay(patienceMs, late, { ref: false })]);
    return typeof done === "symbol"
      ? { action: "reject", code: 503, reason: "Not Changed: No Database" }
      : { action: "reject", code: 480, reason: said(done, order) };
  }

  private async change(user: string, order: FeatureOrder): Promise<Features | undefined> {
    let now: Features | undefined;
    await change(this.database, { of: users, entity: user, operation: "put" }, async (trx) => {
      const row = await trx
        .selectFrom("users")
        .select("features")
        .where("name", "=", user)
        .forUpdate()
        .executeTakeFirstOrThrow();
      now = ordered(featuresOf(row.features), order);
      if (!now) return;
      await trx
        .updateTable("users")
        .set({ features: storedFeatures(now) })
        .where("name", "=", user)
        .execute();
    });
    await this.live.catchUp();
    return now;
  }
}
