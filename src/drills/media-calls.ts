import { setTimeout as delay } from "node:timers/promises";
import { patient } from "../base/patience.ts";
import { inNamespace } from "../callers/sipp.ts";
import { type LegReport, startTelephones, type Telephones } from "../callers/softphone/client.ts";
import type { Lab } from "../lab/lab.ts";
import { outsideHost } from "../lab/names.ts";
import type { CallRecord } from "../records/call-record.ts";
import { recordsOf, routeKnown, routePrefix } from "./api.ts";
import { type Spread, spread } from "./measure.ts";
import { ownNumber } from "./own-number.ts";

/** Calls with audio around a fault: what both ends heard of it, whether they can hang up, what their records say. */

export interface MediaFigures {
  /** Calls that talked before the fault. */
  calls: number;
  /** Calls of which a side heard nothing any more, or that ended by themselves. */
  dropped: number;
  /** The longest wait for a packet at each end, ms (packets come every 20 ms). */
  gap_ms: Spread | null;
  /** The same while nothing happened, before the fault: what this machine itself adds. */
  calm_gap_ms: Spread | null;
  /** Packets that one end did not get. */
  lost: Spread | null;
  lost_total: number;
  packets: number;
  /** BYEs, half of them from each side, that were not answered with 200. */
  byes_failed: number;
  records: {
    found: number;
    /** Closed by BYE, with both times right to a second. */
    exact: number;
    wrong: string[];
    /** Nodes that they name. */
    nodes: string[];
  };
  /** How late the telephones themselves sent at worst, ms. */
  late_ms: number;
}

export interface MediaCalls extends AsyncDisposable {
  readonly telephones: Telephones;
  /** Sets `count` calls up and lets them talk until a fault may come. @throws Error when one is not answered. */
  begin(count: number): Promise<void>;
  /** Just before the fault. */
  mark(): Promise<void>;
  /** After the fault: what was heard, then all hang up. */
  end(): Promise<MediaFigures>;
}

/** rtpengine looks for 3 s where each side's packets come from before it is sure (endpoint-learning). */
const learnedMs = 3500;
const recordsMs = patient(15_000);
/** A side that has heard nothing for so long is deaf. */
const deafMs = 1000;

/** Two telephones with audio outside of a running lab and a number that leads from one to the other. */
export async function openMediaCalls(
  lab: Lab,
  name: string,
  transport: "udp" | "tcp" = "udp",
  how: { record?: boolean; media?: "relay" | "nat" | "direct" } = {},
  port = 5092,
): Promise<MediaCalls> {
  const state = lab.state();
  const outside = state.hosts[outsideHost];
  const [caller, callee] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
  if (!outside || !caller || !callee)
    throw new Error(`the lab's host '${outsideHost}' has too few addresses`);
  const number = ownNumber("9974");
  const place = `${callee}:${port}${transport === "tcp" ? ";transport=tcp" : ""}`;
  await routePrefix(lab.name, `media-${name}`, number, place, how);
  await routeKnown(lab, number, 10_000);
  const telephones = await startTelephones(inNamespace(outside.namespace, caller), {
    service: { address: state.service, port: 5060 },
    caller: { address: caller, port: port + 1, transport },
    callee: { address: callee, port, transport },
    number,
  });
  let ids: string[] = [];
  let calm: Spread | null = null;
  const gaps = (legs: LegReport[]) => spread(legs.map((leg) => leg.stream.maxGapMs));
  return {
    telephones,
    begin: async (count) => {
      ids = await telephones.calls({ count });
      if (ids.length < count) throw new Error(`only ${ids.length} of ${count} calls were answered`);
      await delay(learnedMs);
      await telephones.mark();
      await delay(1500);
      calm = gaps((await telephones.report(ids)).legs);
    },
    mark: () => telephones.mark(),
    end: async () => {
      const { legs, lateMs } = await telephones.report(ids);
      const half = ids.length >> 1;
      const codes = (
        await Promise.all([
          telephones.bye(ids.slice(0, half), "caller"),
          telephones.bye(ids.slice(half), "callee"),
        ])
      ).flat();
      const after = (await telephones.report(ids)).legs;
      await telephones.close(ids);
      const deaf = legs.filter(
        (leg) => leg.state !== "up" || (leg.stream.silentMs ?? Number.POSITIVE_INFINITY) > deafMs,
      );
      return {
        calls: ids.length,
        dropped: new Set(deaf.map((leg) => leg.callId)).size,
        gap_ms: gaps(legs),
        calm_gap_ms: calm,
        lost: spread(legs.map((leg) => leg.stream.lost)),
        lost_total: legs.reduce((sum, leg) => sum + leg.stream.lost, 0),
        packets: legs.reduce((sum, leg) => sum + leg.stream.sent, 0),
        byes_failed: codes.filter((code) => code !== 200).length,
        records: await compare(lab, number, after),
        late_ms: Math.round(lateMs.max),
      };
    },
    [Symbol.asyncDispose]: () => telephones[Symbol.asyncDispose](),
  };
}

/** What is not as the caller's own telephone knows it; undefined: all is. */
export function wrongWith(record: CallRecord | undefined, leg: LegReport): string | undefined {
  if (!record) return "missing";
  if (record.closed_how !== "bye") return `closed_how ${record.closed_how}`;
  const apart = (time: string | null, ms: number | null) =>
    time === null || ms === null ? Number.POSITIVE_INFINITY : Math.abs(Date.parse(time) - ms);
  if (apart(record.answered_at, leg.answeredAt) > 1000) return `answered_at ${record.answered_at}`;
  if (apart(record.ended_at, leg.endedAt) > 1000) return `ended_at ${record.ended_at}`;
  return undefined;
}

/** Waits until all records are right, or for as long as records may take. */
async function compare(lab: Lab, number: string, legs: LegReport[]): Promise<MediaFigures["records"]> {
  const callers = legs.filter((leg) => leg.side === "caller");
  const until = Date.now() + recordsMs;
  for (;;) {
    const records = new Map(
      (await recordsOf(lab.name, { number })).map((record) => [record.call_id, record]),
    );
    const found = callers.flatMap((leg) => records.get(leg.callId) ?? []);
    const wrong = callers.flatMap((leg) => {
      const fault = wrongWith(records.get(leg.callId), leg);
      return fault === undefined ? [] : [`${leg.callId}: ${fault}`];
    });
    if (wrong.length === 0 || Date.now() > until)
      return {
        found: found.length,
        exact: callers.length - wrong.length,
        wrong,
        nodes: [...new Set(found.map((record) => record.nodes.join("+")))].sort(),
      };
    await delay(500);
  }
}
