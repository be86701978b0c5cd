import { setTimeout as delay } from "node:timers/promises";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import type { AgentDoor } from "./agent-door.ts";
import type { ClusterShown } from "./cluster-schema.ts";
import { clusterShown, Moments } from "./cluster-view.ts";

/** One reader of the agent for all who look, and none while nobody does. */

/** While somebody looks. */
const everyMs = 500;
/** What was read so lately is read again for nobody. */
const freshMs = 250;

/** Hears each message as it goes out: made once for all. */
export type Listener = (news: { type: "cluster" | "load"; text: string }) => void;

export class ClusterWatch {
  private readonly context: HostContext;
  private readonly door: AgentDoor;
  private readonly database: Database;
  private readonly moments = new Moments();
  private readonly listeners = new Set<Listener>();
  private latest: { at: number; shown: ClusterShown } | undefined;
  private reading: Promise<ClusterShown> | undefined;
  /** The whole as it was told last, for whoever comes later; and what of it is compared. */
  private said = "";
  private compared = { cluster: "", load: "" };
  private loop: AbortController | undefined;

  private readonly failed: (error: unknown) => void;

  constructor(context: HostContext, door: AgentDoor, database: Database, failed: (error: unknown) => void) {
    this.failed = failed;
    this.context = context;
    this.door = door;
    this.database = database;
  }

  /** As it is now. */
  async now(): Promise<ClusterShown> {
    if (this.latest && performance.now() - this.latest.at < freshMs) return this.latest.shown;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    return await this.reading;
  }

  private async read(): Promise<ClusterShown> {
    const { entries, problem } = await this.door.cluster();
    const shown = clusterShown(
      this.context,
      { entries, agent: { ok: problem === null, problem }, database: databaseOf(this.database) },
      this.moments,
      Date.now(),
    );
    this.latest = { at: performance.now(), shown };
    return shown;
  }

  /** From now on `listener` hears what changes, at first all. @returns what ends that */
  listen(listener: Listener): () => void {
    if (this.said !== "" && this.loop) listener({ type: "cluster", text: this.said });
    this.listeners.add(listener);
    if (!this.loop) {
      this.loop = new AbortController();
      this.said = "";
      this.compared = { cluster: "", load: "" };
      void this.run(this.loop.signal);
    }
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      this.loop?.abort();
      this.loop = undefined;
    };
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.tell(await this.now());
      } catch (error) {
        this.failed(error);
      }
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  /** Each message is put into text once, however many listen. */
  private tell(shown: ClusterShown): void {
    const { load, ...rest } = shown;
    const cluster = JSON.stringify(rest);
    const figures = JSON.stringify(load);
    const before = this.compared;
    this.compared = { cluster, load: figures };
    if (cluster === before.cluster && figures === before.load) return;
    this.said = JSON.stringify(shown);
    if (cluster !== before.cluster) this.say("cluster", this.said);
    else this.say("load", figures);
  }

  private say(type: "cluster" | "load", text: string): void {
    for (const listener of this.listeners) listener({ type, text });
  }
}

function databaseOf(database: Database): ClusterShown["database"] {
  const state = database.state();
  if (state.length === 0 || state.some((one) => one.state === "ok")) return { ok: true, problem: null };
  const faults = state.flatMap(({ name, error }) => (error === undefined ? [] : [`${name}: ${error}`]));
  return faults.length === state.length
    ? { ok: false, problem: `no database can be used: ${faults.join("; ")}` }
    : { ok: true, problem: null };
}
