import { diskTroubles } from "../report/hardware.ts";
import type { HostReport } from "../report/host-report.ts";
import { calmPulseMs } from "./observe/pulse-pace.ts";

/** When nothing happens, an agent looks less often; whatever may be the beginning of something ends that at once. Pure. */

/** What a full look follows at once, although nobody tells of it: cheap to read. */
export interface Signs {
  green: boolean;
  /** In the middle of something: start, stop, handover, a VRRP event a moment ago. */
  busy: boolean;
  /** Since the last sign of the peer that has been silent for longest, ms. */
  silentMs: number;
  upstream: boolean | undefined;
  /** The own database is in the Primary Component. */
  primary: boolean;
}

/** While all is calm, ms between two looks at all but the parts. */
export const calmTickMs = 400;

/** Two pulses of the calm are missing. */
const silentPulses = 2.5;

/** @param before at the last full look @param self the role of this host */
export const isCalm = (signs: Signs, before: Signs | undefined, self: HostReport["role"]): boolean =>
  signs.green &&
  !signs.busy &&
  signs.silentMs < silentPulses * calmPulseMs(self) &&
  before !== undefined &&
  signs.upstream === before.upstream &&
  signs.primary === before.primary;

/** What others act on of a report: when it changes, they are to read it soon. Figures and ages are none of it. */
export function matter(report: HostReport): string {
  const { stopping, handover, holds, term, verdict, serves, parts, database, light, drained, trial } = report;
  const { hardware } = report;
  const { orders = [], orderResults = [], fencing, drift, functional, upstream, watch } = report;
  return JSON.stringify([
    ...[stopping, handover, holds, term, verdict.mayHold, verdict.light, serves?.ok, upstream],
    Object.entries(parts).map(([name, part]) => [name, part.phase, part.pid]),
    ...[database?.phase, database?.settled, database?.waiting, database?.facts?.primary],
    ...[database?.facts?.state, database?.facts?.size, database?.facts?.replication?.state],
    light?.reasons.map(({ code }) => code),
    hardware ? diskTroubles(hardware).length : 0,
    ...[drained, trial, fencing, orders.map(({ id }) => id), drift?.length, functional?.ok],
    orderResults.map(({ id, state, text }) => [id, state, text]),
    ...[report.drilling?.name, report.drilling?.said],
    ...[watch?.lastEvent, watch?.alerts.told.length],
  ]);
}
