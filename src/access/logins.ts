import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { goodTry, noTry, takeTry } from "./attempts.ts";
import type { Factors } from "./factors.ts";
import { isPassword, TooBusy } from "./password.ts";
import type { People } from "./people.ts";

/** How it was proven who somebody is. */
export type Proven = "password" | "code" | "recovery";

/** @param wait how long the next try has to wait, ms. @throws Problem `too-many-tries` */
export function assertNoPause(wait: number): void {
  if (wait === 0) return;
  const seconds = Math.ceil(wait / 1000);
  const detail = `too many logins failed: the next is looked at in ${seconds} s`;
  throw new Problem("too-many-tries", detail, undefined, seconds);
}

/** Is somebody who it says it is? */
export class Logins {
  private readonly parts: {
    database: Database;
    people: People;
    factors: Factors;
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
    await this.assertPassword(name, password, source);
    await goodTry(this.parts.database, name, source);
  }

  /**
   * All that a login takes: the password, and a code where there is a second factor. Wrong codes count as wrong passwords do.
   * @throws Problem `login-refused`, `code-needed`, `code-refused`, `too-many-tries`
   */
  async prove(name: string, password: string, code: string | undefined, source: string): Promise<Proven> {
    const { database, factors, events } = this.parts;
    await this.assertPassword(name, password, source);
    let how: Proven = "password";
    if (await factors.has(name)) {
      if (code === undefined) {
        await noTry(database, name, source);
        throw new Problem("code-needed", "the password is right; a code of the second factor is needed too");
      }
      const found = await factors.use(name, code, new Date());
      if (!found) {
        events.loginRefused(name, source, "wrong code");
        throw new Problem("code-refused", "the code is wrong, or was used already", [
          { path: "/code", message: "is wrong, or was used already" },
        ]);
      }
      how = found;
    }
    await goodTry(database, name, source);
    return how;
  }

  private async assertPassword(name: string, password: string, source: string): Promise<void> {
    const { database, people, events } = this.parts;
    const now = new Date();
    const wait = await takeTry(database, name, source, now);
    const stored = await people.stored(name);
    const told = stored ? name : "(nobody's name)";
    if (wait > 0) events.loginRefused(told, source, "too many tries");
    assertNoPause(wait);
    if (!(await this.isRight(password, stored?.enabled === 1 ? stored.password : null))) {
      events.loginRefused(told, source, stored?.enabled === 0 ? "disabled" : "wrong");
      throw new Problem("login-refused", "name or password is wrong");
    }
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
