import { setTimeout as delay } from "node:timers/promises";
import { succeeded } from "../../src/callers/attempt.ts";
import { callerScenario } from "../../src/callers/caller-scenario.ts";
import { runId } from "../../src/callers/place-call.ts";
import { CallBook, type CallTimeline } from "../../src/callers/shortmsg.ts";
import { startSipp } from "../../src/callers/sipp.ts";
import type { Ground } from "../../src/drills/ground.ts";
import { percentile, rounded } from "../common.ts";

/** Callers that do not dial again: what is offered is what the bench says. */

export interface Offer {
  ground: Ground;
  /** Another server than the service, host:port. */
  server?: string;
  directory: string;
  number: string;
  /** Calls a second. */
  rate: number;
  /** How many in all. */
  total: number;
  patienceMs: number;
}

/** Offers calls and waits until each has come to its end. */
export async function offer(options: Offer): Promise<CallTimeline[]> {
  const { ground, rate, total, patienceMs } = options;
  const run = runId();
  await using sipp = await startSipp({
    place: ground.caller,
    directory: options.directory,
    name: `offer-${run}`,
    remote: options.server ?? ground.service,
    rate,
    total,
    callIds: `${run}-%u@%s`,
    scenario: callerScenario({
      run,
      from: "0445550102",
      fromDomain: ground.caller.address,
      to: options.number,
      patienceMs,
      holdMs: 0,
    }),
  });
  // Its calls may end later than this only when a BYE is not answered.
  const longest = (1000 * total) / rate + 2 * patienceMs + 15_000;
  await Promise.race([sipp.exited, delay(longest)]);
  const book = new CallBook();
  for (const message of await sipp.news()) book.add(message);
  return [...book.calls.values()];
}

/** What callers got, in figures. Pure. @param seconds during which they dialled */
export function resultOf(calls: CallTimeline[], seconds: number) {
  const good = calls.filter(succeeded);
  const refused = calls.filter((call) => !succeeded(call) && call.rejected !== undefined);
  const setUp = good.map((call) => (call.answered ?? 0) - call.started);
  const refusal = refused.map((call) => (call.rejected?.at ?? 0) - call.started);
  const codes = Map.groupBy(refused, (call) => call.rejected?.code ?? 0);
  const at = (times: number[], share: number) =>
    times.length === 0 ? 0 : rounded(percentile(times, share), 1);
  return {
    calls: calls.length,
    goodput: rounded(good.length / seconds, 1),
    answered: good.length,
    refused: refused.length,
    codes: [...codes].map(([code, list]) => `${list.length} × ${code}`).join(", "),
    silent: calls.length - good.length - refused.length,
    setUp50: at(setUp, 0.5),
    setUp99: at(setUp, 0.99),
    refused50: at(refusal, 0.5),
    refused99: at(refusal, 0.99),
  };
}
