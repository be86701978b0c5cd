import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { goodTry, takeTry } from "./attempts.ts";
import { isPassword, TooBusy } from "./password.ts";
import type { People } from "./people.ts";

/** Is somebody who it says it is? */
export class Logins {
  private readonly parts: {
    database: Database;
    people: People;
    events: { loginRefused(person: string, source: string, why: string): void };
  };

  constructor(parts: Logins["parts"]) {
    this.parts = parts;
  }

  /**
   * Resolves when it is this person's password. The log is told of each that is refused, without what was typed as a password; a name
   * that is nobody's is not told, as people type their password there.
   * @throws Problem `login-refused`, `too-many-tries`
   */
  async byPassword(name: string, password: string, source: string): Promise<void> {
    const { database, people, events } = this.parts;
    const now = new Date();
    const wait = await takeTry(database, name, source, now);
    const stored = await people.stored(name);
    const told = stored ? name : "(nobody's name)";
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1000);
      events.loginRefused(told, source, "too many tries");
      throw new Problem(
        "too-many-tries",
        `too many logins failed: the next is looked at in ${seconds} s`,
        undefined,
        seconds,
      );
    }
    if (!(await this.isRight(password, stored?.enabled === 1 ? stored.password : null))) {
      events.loginRefused(told, source, stored?.enabled === 0 ? "disabled" : "wrong");
      throw new Problem("login-refused", "name or password is wrong");
    }
    await goodTry(database, name, source);
  }

  private async isRight(password: string, stored: string | null): Promise<boolean> {
    try {
      return await isPassword(password, stored);
    } catch (error) {
      if (error instanceof TooBusy)
        throw new Problem("too-many-tries", "too many logins at the same time: try again", undefined, 5);
      throw error;
    }
  }
}
