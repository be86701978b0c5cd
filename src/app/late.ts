import { setTimeout as delay } from "node:timers/promises";
import type { Decision } from "../call/contract.ts";

/** Less than Kamailio's patience with an app (ASK_TIMEOUT_MS), with what the disk may take before. */
const soonMs = 120;
/** Nobody asks for it any more: Kamailio's own patience (AWAIT_TIMEOUT_MS) and somewhat more. */
const keptMs = 10_000;

/** Decisions that take longer than Kamailio waits for an answer, until it asks for them. */
export class LateDecisions {
  private readonly waiting = new Map<string, Promise<Decision>>();
  private last = 0;

  /** The decision, or after a moment how it can be asked for: `wait|ID`. @throws UndecidedError */
  async inTime(decision: Promise<Decision>): Promise<Decision | string> {
    const soon = await Promise.race([decision, delay(soonMs)]);
    if (soon) return soon;
    const id = String(++this.last);
    this.waiting.set(id, decision);
    decision.catch(() => {}); // whoever takes it sees that; it is in the log already
    setTimeout(() => this.waiting.delete(id), keptMs).unref();
    return `wait|${id}`;
  }

  /** @throws UndecidedError, by the promise */
  take(id: string): Promise<Decision> | undefined {
    const found = this.waiting.get(id);
    this.waiting.delete(id);
    return found;
  }
}
