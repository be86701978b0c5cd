import { knownNodes } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";
import { betterRelay } from "../report/relay.ts";

/**
 * May this node take calls at its own address (hot-hot, DNS, edges)? Others may do so too: unlike the service address,
 * the own one needs no election, only the ability to serve. Pure.
 */
export function judgeServing(o: Observation): { ok: boolean; why: string[] } {
  const why = obstacle(o);
  return { ok: why === undefined, why: why === undefined ? [] : [why] };
}

function obstacle(o: Observation): string | undefined {
  if (o.stopping) return "this host is being stopped";
  if (o.drained !== undefined) return o.drained;
  const sip = o.parts.kamailio;
  if (!sip?.ok) return `SIP server: ${sip?.detail ?? "not started"}`;
  const relay = betterRelay(o);
  if (relay) return relay;
  if (o.primary) return undefined;
  const quorate = knownNodes(o).find((other) => other.primary && other.serves);
  if (quorate) return `the database here has no quorum, ${quorate.name} has it`;
  if (o.stance === "consistency") return "the database has no quorum, and the stance is 'consistency'";
  if (o.upstream === false)
    return "the database has no quorum, and no upstream address answers: this host is cut off";
  return undefined;
}
