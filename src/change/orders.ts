import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { HostReport } from "../report/host-report.ts";
import { type Order, type OrderState, orderSchema, orderStateSchema } from "../report/order.ts";

/** An order that nobody took by then is given up: the other host does not hear us, or does not know orders. */
const waitMs = 30_000;
/** Results are told so many orders long. */
const keep = 5;

/** What came of the work itself. `restarts`: the rest of it is the start of the next agent. */
export interface Outcome {
  text: string;
  details?: string[];
  restarts?: boolean;
}

/** How an order came out that ended in this start. Pure. */
const ended = (result: OrderState, wentBack: boolean): OrderState =>
  wentBack && (result.kind === "release" || result.kind === "activate")
    ? { ...result, state: "failed", text: "its agent did not start with that, and went back by itself" }
    : { ...result, state: "done", text: "the agent was restarted" };

/** One host's orders, given and taken. */
export class OrderBook {
  private readonly self: string;
  private readonly file: string;
  private readonly perform: (order: Order) => Promise<Outcome>;
  private readonly tell: (subject: string, text: string) => void;
  private outbox: { order: Order; since: number }[] = [];
  private results: OrderState[];

  /**
   * Reads what an earlier agent of this host took; an order that ended in a restart is done by this start.
   * @param wentBack this start is one with the release and file of before, because others failed
   */
  constructor(
    context: HostContext,
    perform: (order: Order) => Promise<Outcome>,
    tell: (subject: string, text: string) => void,
    wentBack = false,
  ) {
    this.self = context.self.name;
    this.file = join(context.dirs.data, "orders.json");
    this.perform = perform;
    this.tell = tell;
    const before = existsSync(this.file)
      ? z.array(orderStateSchema).parse(JSON.parse(readFileSync(this.file, "utf8")))
      : [];
    this.results = before.map((result) => (result.state === "running" ? ended(result, wentBack) : result));
  }

  /** Given by a person on this host. @throws Error when it can not be taken, or is no order. */
  post(given: unknown): void {
    const order = orderSchema.parse(given);
    if (order.host === this.self) this.take(order);
    else this.outbox.push({ order, since: performance.now() });
  }

  /** A peer's report came in: it may have orders for us, and tell of those we gave. */
  heard(report: HostReport): void {
    const answered = new Set((report.orderResults ?? []).map((result) => result.id));
    this.outbox = this.outbox.filter(({ order }) => !answered.has(order.id));
    for (const order of report.orders ?? []) if (order.host === this.self) this.take(order);
  }

  /** For the report. */
  get given(): Order[] {
    const now = performance.now();
    this.outbox = this.outbox.filter(({ since }) => now - since < waitMs);
    return this.outbox.map(({ order }) => order);
  }

  get taken(): OrderState[] {
    return this.results;
  }

  private take(order: Order): void {
    if (this.results.some((result) => result.id === order.id)) return;
    const { id, change, who, work } = order;
    const now = Date.now();
    const busy = whyBusy(this.results, change, now);
    const begun: OrderState = { id, change, kind: work.kind, who, state: "running", text: "", wallMs: now };
    if (busy !== undefined) {
      this.note({ ...begun, state: "failed", text: busy });
      return;
    }
    this.tell(work.kind, `ordered by ${who}`);
    this.note(begun);
    void this.carryOut(order, begun);
  }

  private async carryOut(order: Order, begun: OrderState): Promise<void> {
    try {
      const { restarts, ...outcome } = await this.perform(order);
      this.tell(order.work.kind, outcome.text);
      this.note({ ...begun, ...outcome, state: restarts ? "running" : "done", wallMs: Date.now() });
    } catch (error) {
      this.tell(order.work.kind, `not done: ${messageOf(error)}`);
      this.note({ ...begun, state: "failed", text: messageOf(error), wallMs: Date.now() });
    }
  }

  private note(result: OrderState): void {
    this.results = [result, ...this.results.filter(({ id }) => id !== result.id)].slice(0, keep);
    try {
      writeFileAtomic.sync(this.file, JSON.stringify(this.results));
    } catch (error) {
      this.tell("orders.json", messageOf(error));
    }
  }
}

/** Why a step of `change` can not be taken now: one thing at a time. Pure. */
export function whyBusy(results: OrderState[], change: string, wallMs: number): string | undefined {
  const other = results.find((result) => result.change !== change && result.state === "running");
  if (!other) return undefined;
  const age = Math.max(0, Math.round((wallMs - other.wallMs) / 1000));
  return `busy with '${other.kind}' of ${other.who} for ${age} s; try again when that is over`;
}
