import { createInterface } from "node:readline";
import type { Place } from "../sipp.ts";
import { startWorker } from "../start-worker.ts";
import type { CallStyle } from "./leg.ts";
import type { Account, Command, Report, WorkerOptions } from "./worker.ts";

/** Telephones with audio, in a process of their own (worker.ts), as an object. */

export type { LegReport } from "./leg.ts";
export type { Report } from "./worker.ts";

type Side = "caller" | "callee";

export interface Telephones extends AsyncDisposable {
  /** Sets up calls with audio, `rate` a second; returns the Call-IDs of those that were answered. */
  calls(options: {
    count: number;
    rate?: number;
    from?: string;
    sessionExpires?: number;
    style?: CallStyle;
  }): Promise<string[]>;
  /** Calls that ring and are not answered. */
  ringing(options: { count: number; rate?: number; from?: string; style?: CallStyle }): Promise<string[]>;
  answer(ids: string[]): Promise<void>;
  /** Re-INVITE from one side; returns the codes. */
  reinvite(ids: string[], side: Side, hold: boolean): Promise<number[]>;
  /** A new offer by UPDATE from one side; returns the codes. */
  update(ids: string[], side: Side): Promise<number[]>;
  /** Returns the codes of the answers to BYE. */
  bye(ids: string[], side: Side): Promise<number[]>;
  /** Registers the called telephone; returns the code of the answer. */
  register(account: Account, expires?: number): Promise<number>;
  /** OPTIONS that the called telephone has got. */
  pings(): Promise<number>;
  /** Stops the audio of a side, without a word to anybody. */
  mute(ids: string[], side: Side | "both"): Promise<void>;
  /** Counts gaps and losses again from now. */
  mark(): Promise<void>;
  report(ids?: string[]): Promise<Report>;
  /** Forgets calls. */
  close(ids: string[]): Promise<void>;
}

type Order = Command extends infer One ? (One extends Command ? Omit<One, "n"> : never) : never;

/** Starts the telephones. @throws Error when their process does not come up. */
export async function startTelephones(
  place: Place,
  options: Omit<WorkerOptions, "tones"> & { tones?: WorkerOptions["tones"] },
): Promise<Telephones> {
  const given = { tones: { caller: 400, callee: 1000 }, ...options };
  const child = startWorker(place, new URL("./worker.ts", import.meta.url), given, -10);
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (why: Error) => void }>();
  const ready = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const said = JSON.parse(line) as { n?: number; result?: unknown; error?: string; ready?: true };
    if (said.ready) ready.resolve();
    const one = said.n === undefined ? undefined : waiting.get(said.n);
    if (!one || said.n === undefined) return;
    waiting.delete(said.n);
    if (said.error === undefined) one.resolve(said.result);
    else one.reject(new Error(`telephones: ${said.error}`));
  });
  const ended = child.then(() => {
    const why = new Error("the telephones' process has ended");
    ready.reject(why);
    for (const one of waiting.values()) one.reject(why);
  });
  await ready.promise;
  let count = 0;
  const ask = <Result>(order: Order): Promise<Result> => {
    const n = ++count;
    return new Promise((resolve, reject) => {
      waiting.set(n, { resolve: (value) => resolve(value as Result), reject });
      child.stdin.write(`${JSON.stringify({ ...order, n })}\n`);
    });
  };
  const from = "0445550100";
  return {
    calls: (wanted) => ask({ do: "calls", ring: false, rate: 25, from, ...wanted }),
    ringing: (wanted) => ask({ do: "calls", ring: true, rate: 25, from, ...wanted }),
    answer: (ids) => ask({ do: "answer", ids }),
    reinvite: (ids, side, hold) => ask({ do: "reinvite", ids, side, hold }),
    update: (ids, side) => ask({ do: "update", ids, side }),
    bye: (ids, side) => ask({ do: "bye", ids, side }),
    register: (account, expires = 600) => ask({ do: "register", account, expires }),
    pings: () => ask({ do: "pings" }),
    mute: (ids, side) => ask({ do: "mute", ids, side }),
    mark: () => ask({ do: "mark" }),
    report: (ids) => ask({ do: "report", ...(ids ? { ids } : {}) }),
    close: (ids) => ask({ do: "close", ids }),
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await ended;
    },
  };
}
