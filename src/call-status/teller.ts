import { setTimeout as delay } from "node:timers/promises";
import { utc } from "../base/moment.ts";
import type { News } from "../call/news-schema.ts";
import { uuidToBytes } from "../db/uuid.ts";
import { giveUpMs, pauseMs, wants } from "../webhooks/wants.ts";
import type { Webhook } from "../webhooks/webhook-schema.ts";
import type { Attempt, Courier } from "./delivery.ts";
import type { FeedReader } from "./feed-reader.ts";
import type { Positions, Retry, Standing } from "./positions.ts";
import type { Followed } from "./stream.ts";

/** A look at whether this node is to tell is good for so long. */
const holdsMs = 500;
/** Somebody else holds the service address: it may be ours at any time. */
const otherwiseMs = 2000;
/** After so many failures in a row a receiver is left alone for a while. */
const failuresBeforeRest = 3;
const longestRestMs = 300_000;
/** Messages of different calls to one receiver at a time. */
const parallel = 8;
const dueAtOnce = 20;
/** A receiver that takes nothing for so long is a problem that people are told of. */
const problemMs = 120_000;

interface Health {
  inRow: number;
  /** Monotonic ms. */
  restUntil: number;
}

export interface TellerParts {
  live: Followed & {
    snapshot: {
      parts: { webhooks: ReadonlyMap<string, Webhook> | { size: number; values(): Iterable<Webhook> } };
    };
  };
  reader: FeedReader;
  positions: Positions;
  courier: Courier;
  /** Does this node hold the service address, and nobody else that it sees? @throws when nobody can say */
  holds(): Promise<boolean>;
  events: { webhookFailed(webhook: string, id: string, why: string, again: Date | undefined): void };
}

/**
 * Tells webhooks of calls: the holder of the service address does. Where each is stands in the database, so that whoever takes the address
 * over goes on; a message may come twice then, with the same id. One that is slow or dead delays no other, and no call.
 */
export class Teller {
  private readonly parts: TellerParts;
  private readonly health = new Map<string, Health>();
  private readonly busy = new Set<string>();
  private held: { at: number; holds: boolean } | undefined;
  private problems: string[] = [];
  private wake: () => void = () => {};

  constructor(parts: TellerParts) {
    this.parts = parts;
  }

  /** What people should know: webhooks that take nothing. */
  problem(): string[] {
    return this.problems;
  }

  /** Works until `signal` aborts. Without webhooks, and while no call moves, it sleeps. */
  async run(signal: AbortSignal): Promise<void> {
    const { live } = this.parts;
    while (!signal.aborted) {
      const look = new AbortController();
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const moved = live.moved(AbortSignal.any([signal, look.signal]));
      // The database can not be used, or the agent does not answer: soon again.
      const pause = await this.round(signal).catch(() => otherwiseMs);
      const timer = delay(pause ?? 0, undefined, { signal: AbortSignal.any([signal, look.signal]) });
      await Promise.race([moved, woken, ...(pause === undefined ? [] : [timer])]).catch(() => {}); // aborted
      timer.catch(() => {}); // aborted, below
      look.abort();
    }
  }

  /** @returns when to look again, ms, if nothing happens before; undefined: then not at all */
  private async round(signal: AbortSignal): Promise<number | undefined> {
    const { live, positions } = this.parts;
    const hooks = new Map([...live.snapshot.parts.webhooks.values()].map((hook) => [hook.name, hook]));
    if (hooks.size === 0 && this.health.size === 0) return undefined;
    const standings = await positions.all();
    const settled = standings.length === hooks.size && standings.every(({ webhook }) => hooks.has(webhook));
    const behind = standings.filter(({ position, nextAt }) => position < live.feed || nextAt !== undefined);
    if (settled) for (const name of this.health.keys()) if (!hooks.has(name)) this.health.delete(name);
    if (settled && behind.length === 0) {
      this.problems = [];
      return undefined;
    }
    if (!(await this.holds())) {
      this.problems = [];
      return otherwiseMs;
    }
    if (!settled) {
      await positions.settle();
      return 0;
    }
    this.problems = standings.flatMap(problemOf);
    const now = performance.now();
    const pauses = behind.flatMap((standing) => {
      const hook = hooks.get(standing.webhook);
      if (!hook || this.busy.has(hook.name)) return [];
      const { restUntil } = this.healthOf(hook.name);
      const due = standing.nextAt ? standing.nextAt.getTime() - Date.now() : Number.POSITIVE_INFINITY;
      if (restUntil > now) return [restUntil - now];
      if (standing.position >= live.feed && due > 0) return [due];
      this.start(hook, standing, signal);
      return [];
    });
    return pauses.length === 0 ? undefined : Math.max(50, Math.min(otherwiseMs * 30, ...pauses));
  }

  private async holds(): Promise<boolean> {
    if (!this.held || performance.now() - this.held.at > holdsMs)
      this.held = { at: performance.now(), holds: await this.parts.holds() };
    return this.held.holds;
  }

  private healthOf(name: string): Health {
    const found = this.health.get(name) ?? { inRow: 0, restUntil: 0 };
    this.health.set(name, found);
    return found;
  }

  private start(hook: Webhook, standing: Standing, signal: AbortSignal): void {
    this.busy.add(hook.name);
    this.tell(hook, standing, signal)
      // The database: what is not noted there is told again.
      .catch(() => delay(otherwiseMs, undefined, { signal }).catch(() => {})) // aborted
      .finally(() => {
        this.busy.delete(hook.name);
        this.wake();
      });
  }

  /** Goes on with one webhook, until it is told all, rests, or the address is somebody else's. */
  private async tell(hook: Webhook, standing: Standing, signal: AbortSignal): Promise<void> {
    const { live, positions, reader } = this.parts;
    if (!hook.enabled) {
      await positions.advance(hook.name, { from: standing.position, to: live.feed, delivered: 0 });
      return;
    }
    for (const retry of await positions.due(hook.name, new Date(), dueAtOnce)) {
      if (this.rests(hook.name) || signal.aborted || !(await this.holds())) return;
      const news = await reader.one(retry.event);
      if (!news) await positions.taken(hook.name, retry.event);
      else if (await this.deliver(hook, news, retry.attempts, signal))
        await positions.taken(hook.name, retry.event);
    }
    let from = standing.position;
    while (from < live.feed && !this.rests(hook.name)) {
      const { entries } = await reader.after(from);
      if (entries.length === 0) return;
      for (const { position, at, news } of entries) {
        if (this.rests(hook.name) || signal.aborted || !(await this.holds())) return;
        const wanted = news.filter((one) => wants(hook, one));
        const late = Date.now() - at.getTime() > giveUpMs;
        const delivered = late ? 0 : await this.deliverAll(hook, wanted, signal);
        if (signal.aborted) return;
        const givenUp = late ? wanted.length : 0;
        if (!(await positions.advance(hook.name, { from, to: position, delivered, givenUp }))) return;
        from = position;
      }
    }
  }

  private rests(name: string): boolean {
    return this.healthOf(name).restUntil > performance.now();
  }

  /** News of one call in their order, of several calls at once. @returns how many were taken */
  private async deliverAll(hook: Webhook, news: readonly News[], signal: AbortSignal): Promise<number> {
    const calls = [...Map.groupBy(news, ({ call }) => call.call_id).values()];
    let delivered = 0;
    const worker = async (): Promise<void> => {
      for (let call = calls.shift(); call; call = calls.shift())
        for (const one of call) if (await this.deliver(hook, one, 0, signal)) delivered++;
    };
    await Promise.all(Array.from({ length: Math.min(parallel, calls.length) }, worker));
    return delivered;
  }

  /** Tells one; what is not taken is noted in the database. @param before so many attempts have failed @returns was it taken */
  private async deliver(hook: Webhook, news: News, before: number, signal: AbortSignal): Promise<boolean> {
    const { courier, positions, events } = this.parts;
    const health = this.healthOf(hook.name);
    // Put aside unasked while it rests.
    const attempts: Attempt[] = this.rests(hook.name)
      ? []
      : await courier.deliver(hook, news.id, news, signal);
    if (attempts.some(({ taken }) => taken)) {
      if (health.inRow >= failuresBeforeRest) await positions.hurry(hook.name);
      health.inRow = 0;
      return true;
    }
    if (signal.aborted) return false;
    const failure =
      attempts.map(({ url, answer }) => `${url}: ${answer}`).join("; ") || "not asked: it rests";
    const tried = before + (attempts.length > 0 ? 1 : 0);
    const again = new Date(Date.now() + pauseMs(tried));
    const nextAt = again.getTime() - Date.parse(news.time) > giveUpMs ? undefined : again;
    const retry: Retry = { event: uuidToBytes(news.id), at: new Date(news.time), attempts: tried };
    await positions.failed(hook.name, retry, failure, nextAt);
    if (attempts.length > 0) {
      health.inRow++;
      if (health.inRow >= failuresBeforeRest)
        health.restUntil =
          performance.now() + Math.min(longestRestMs, pauseMs(health.inRow - failuresBeforeRest + 1));
      events.webhookFailed(hook.name, news.id, failure, nextAt);
    }
    return false;
  }
}

/** The same words as long as it lasts, but for numbers: alerts know it again by them. */
function problemOf({ webhook, failingSince }: Standing): string[] {
  if (!failingSince || Date.now() - failingSince.getTime() < problemMs) return [];
  const since = utc(failingSince.toISOString());
  return [
    `webhook ${webhook} has taken nothing since ${since} (why: 'dialtone webhook deliveries ${webhook}')`,
  ];
}
