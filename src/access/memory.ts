import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/database.ts";
import type { Person } from "../http/principal.ts";
import { roleSchema } from "./access-schema.ts";
import { changedTokens, KnownTokens } from "./known-tokens.ts";
import { scopeOf } from "./people.ts";

const isGood = ({ enabled, removed_at }: { enabled: number; removed_at: Date | null }): boolean =>
  enabled !== 0 && removed_at === null;

/** A login as every node has it in memory. */
export interface KnownSession {
  id: Buffer;
  person: string;
  seenAt: number;
  expiresAt: number;
  /** Proven by more than a password. */
  strong: boolean;
  /** When who it is was proven last. */
  provenAt: number;
}

/**
 * People, logins and tokens in the memory of an app, as far as the database says they changed: a login is good at the other node after a
 * takeover, and also while no database has quorum. Without passwords.
 */
export class AccessMemory {
  private readonly database: Database;
  readonly tokens = new KnownTokens();
  private readonly people = new Map<string, Person>();
  private readonly sessions = new Map<string, KnownSession>();
  private revision = 0;
  private reading: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(database: Database) {
    this.database = database;
  }

  /** Who may log in and is enabled. */
  person(name: string): Person | undefined {
    return this.people.get(name);
  }

  session(id: Buffer): KnownSession | undefined {
    return this.sessions.get(id.toString("base64url"));
  }

  /**
   * Reads what was committed before it was asked; those who ask before it begins share one answer.
   * @param pauseMs since the last one. @throws Error of the database
   */
  async read(pauseMs = 0): Promise<void> {
    this.next ??= this.readNext(pauseMs);
    await this.next;
  }

  private async readNext(pauseMs: number): Promise<void> {
    await this.reading?.catch(() => {}); // its own callers see that error
    const early = this.readAt + pauseMs - performance.now();
    if (early > 0) await delay(early);
    this.next = undefined;
    this.reading = this.readNow();
    await this.reading;
  }

  private async readNow(): Promise<void> {
    this.readAt = performance.now();
    const [people, sessions, tokens, revision] = await this.database.read(
      async (db) => {
        // First: what is committed after it is read again the next time.
        const row = await db
          .selectFrom("access_revision")
          .select("revision")
          .where("id", "=", 1)
          .executeTakeFirst();
        const newest = Number(row?.revision ?? 0);
        // Another database.
        const since = newest < this.revision ? 0 : this.revision;
        const changedPeople = await db
          .selectFrom("people")
          .select(["name", "display", "role", "scope", "user_name", "enabled", "removed_at"])
          .where("revision", ">", since)
          .execute();
        const changedSessions = await db
          .selectFrom("sessions")
          .select(["id", "person", "created_at", "seen_at", "expires_at", "ended_at", "strong", "proven_at"])
          .where("revision", ">", since)
          .execute();
        return [changedPeople, changedSessions, await changedTokens(db, since), newest] as const;
      },
      { deadlineMs: 2000 },
    );
    if (revision < this.revision) {
      this.people.clear();
      this.sessions.clear();
      this.tokens.clear();
    }
    this.tokens.learn(tokens);
    this.learn(
      people.filter(isGood).map(({ name, display, role, scope, user_name }) => {
        const narrowed = scopeOf(scope);
        return {
          name,
          display,
          role: roleSchema.parse(role),
          ...(narrowed && { scope: narrowed }),
          ...(user_name !== null && { user: user_name }),
        };
      }),
      sessions
        .filter(({ ended_at }) => ended_at === null)
        .map(({ id, person, created_at, seen_at, expires_at, strong, proven_at }) => ({
          id,
          person,
          seenAt: seen_at.getTime(),
          expiresAt: expires_at.getTime(),
          strong: strong !== 0,
          provenAt: (proven_at ?? created_at).getTime(),
        })),
    );
    for (const person of people) if (!isGood(person)) this.people.delete(person.name);
    for (const { id, ended_at } of sessions)
      if (ended_at !== null) this.sessions.delete(id.toString("base64url"));
    this.revision = revision;
  }

  private async tryRead(): Promise<boolean> {
    try {
      await this.read();
      return true;
    } catch {
      return false;
    }
  }

  /** What is good from now on. */
  learn(people: readonly Person[], sessions: readonly KnownSession[]): void {
    for (const person of people) this.people.set(person.name, person);
    for (const session of sessions) {
      const key = session.id.toString("base64url");
      const seenAt = Math.max(session.seenAt, this.sessions.get(key)?.seenAt ?? 0);
      this.sessions.set(key, { ...session, seenAt });
    }
  }

  /** Forgets what is over. */
  prune(now: number): void {
    for (const [key, { expiresAt }] of this.sessions) if (expiresAt < now) this.sessions.delete(key);
  }

  /** Follows the database until `signal` aborts. A fault is told by whoever follows it too (entities/live.ts). */
  async run(
    live: { access: number; moved(signal: AbortSignal): Promise<void> },
    signal: AbortSignal,
  ): Promise<void> {
    while (!signal.aborted) {
      const moved = live.moved(signal);
      // 0: it is not known yet, or there are no tables.
      if (live.access === 0 || live.access === this.revision || (await this.tryRead())) await moved;
      else await delay(1000, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }
}
