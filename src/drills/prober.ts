import { setTimeout as delay } from "node:timers/promises";
import { hasFailed, succeeded } from "../callers/attempt.ts";
import { callerScenario } from "../callers/caller-scenario.ts";
import { runId } from "../callers/place-call.ts";
import type { Prober, ProberOptions } from "../callers/prober.ts";
import { CallBook } from "../callers/shortmsg.ts";
import { type SippRun, startSipp } from "../callers/sipp.ts";

/**
 * Callers outside the cluster: short calls at a fixed rate (INVITE, 200, ACK, BYE at once), and whoever does not get
 * through dials again at once, as a new call with a new Call-ID.
 */

/** How often the log is read: a lost call is redialled within this time. */
const pollMs = 50;

/** Starts the callers. @throws Error when SIPp can not run. */
export async function startProber(options: ProberOptions): Promise<Prober> {
  const running: { sipp: SippRun; book: CallBook; redial: boolean }[] = [];
  /** Calls whose failure was answered by a redial already. */
  const redialled = new Set<string>();

  const dial = async (redial: boolean, total?: number) => {
    const run = runId();
    const sipp = await startSipp({
      place: options.place,
      directory: options.directory,
      name: `${redial ? "redial" : "calls"}-${run}`,
      remote: options.service,
      rate: total === undefined ? options.rate : Math.max(100, total),
      ...(total === undefined ? {} : { total }),
      callIds: `${run}-%u@%s`,
      scenario: callerScenario({
        run,
        from: options.from,
        fromDomain: options.place.address,
        to: options.to,
        patienceMs: options.patienceMs,
        holdMs: 0,
      }),
    });
    running.push({ sipp, book: new CallBook(), redial });
  };

  const read = async () => {
    for (const { sipp, book } of running) for (const message of await sipp.news()) book.add(message);
  };
  const undecided = () =>
    running.some(({ book }) =>
      [...book.calls.values()].some(
        (call) => !succeeded(call) && !hasFailed(call, Date.now(), options.patienceMs),
      ),
    );
  const failedFirst = () =>
    running
      .filter((caller) => !caller.redial)
      .flatMap(({ book }) => [...book.calls.values()])
      .filter((call) => hasFailed(call, Date.now(), options.patienceMs));
  const newlyFailed = () => failedFirst().filter((call) => !redialled.has(call.callId));
  const redialsDue = () => {
    const begun = running
      .filter((caller) => caller.redial)
      .reduce((sum, { book }) => sum + book.calls.size, 0);
    // Not compared with the failed ones: a call that was given up, and answered after all, is none of them any more.
    return begun < redialled.size || newlyFailed().length > 0;
  };
  const redial = async () => {
    const failed = newlyFailed();
    if (failed.length === 0) return;
    for (const call of failed) redialled.add(call.callId);
    await dial(true, failed.length);
  };

  await dial(false);
  const stop = new AbortController();
  let trouble: unknown;
  let passes = 0;
  const loop = (async () => {
    while (!stop.signal.aborted) {
      await read();
      await redial();
      passes++;
      await delay(pollMs);
    }
  })().catch((error: unknown) => {
    trouble = error;
  });

  return {
    attempts: () =>
      running.flatMap(({ book, redial }) => [...book.calls.values()].map((call) => ({ ...call, redial }))),
    successesSince: (from) =>
      running
        .flatMap(({ book }) => [...book.calls.values()])
        .flatMap((call) => (succeeded(call) && (call.answered ?? 0) >= from ? [call.answered ?? 0] : []))
        .sort((a, b) => a - b),
    finish: async () => {
      running[0]?.sipp.finish();
      // A caller waits at most its patience, twice (redial), and a BYE without answer 8 s.
      const deadline = Date.now() + 2 * options.patienceMs + 10_000;
      await Promise.race([running[0]?.sipp.exited, delay(2 * options.patienceMs + 8_000)]);
      // The loop above goes on reading and redialling meanwhile; two whole passes see the last lines of the log.
      const lastPass = passes + 2;
      const unfinished = () => passes < lastPass || undecided() || redialsDue();
      while (trouble === undefined && Date.now() < deadline && unfinished()) await delay(pollMs);
      if (trouble !== undefined) throw trouble;
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await loop;
      await Promise.all(running.map(({ sipp }) => sipp[Symbol.asyncDispose]()));
    },
  };
}
