import type { HostRole } from "../../cluster/schema.ts";
import { hardwareTroubles } from "../../report/hardware.ts";
import type { HostReport } from "../../report/host-report.ts";
import { betterOff, canTake, contactMs, type Known, knownNodes } from "../../report/news.ts";
import type { Observation } from "../../report/observation.ts";
import { inOrder, sipObjection } from "../../report/policy.ts";
import { refusingText } from "../../report/refusing.ts";
import { betterRelay } from "../../report/relay.ts";
import type { Level, Verdict } from "../../report/verdict.ts";

/**
 * May this host have the service address, and how is it? Pure: plain data in, verdict with its reasons out.
 * The rules: docs/decisions/0002-who-holds-the-address.md.
 */

/** Was this claim to the address made before the other? Terms first, then the order of cluster.yaml. */
const olderClaim = (
  order: string[],
  one: { name: string; term: number },
  other: { name: string; term: number },
) => (one.term !== other.term ? one.term < other.term : order.indexOf(one.name) < order.indexOf(other.name));

/** One call that fails is an accident; so many in a row are a fault. */
export const functionalFailures = 3;
/** After a move the address stays for so long, whatever the functional test says: two sick nodes must not play ball. */
const steadyMs = 120_000;
/** OPTIONS that were lost in a row, one a second. */
const outsideFailures = 3;
/** A functional test of a peer that is older proves nothing. */
export const functionalFreshMs = 15_000;

/**
 * Function: all parts answer and calls fail nevertheless. The address moves to a node whose own test call has just worked;
 * a node without the address may take it all the same, because something that fails here may fail for another reason there.
 */
function betterFunction(o: Observation): string | undefined {
  const { functional } = o;
  if (!o.holds || !functional || functional.failures < functionalFailures || o.heldMs < steadyMs)
    return undefined;
  const better = o.nodeOrder.find((name) => {
    const news = o.peers[name];
    if (!news || news.ageMs > contactMs || !canTake(news.report) || !betterOff(o, news.report)) return false;
    const theirs = news.report.functional;
    return theirs?.ok === true && theirs.ageMs + news.ageMs <= functionalFreshMs;
  });
  if (better === undefined) return undefined;
  return `functional test failed ${functional.failures} times: ${functional.detail}; ${better}'s works`;
}

/**
 * The SIP server has been silent for long, and is not stuck but busy: with the address the load goes too. It is left to
 * a node that is better off, and not again soon.
 */
function staysBusy(o: Observation): boolean {
  if (o.parts.kamailio?.busy === undefined) return false;
  if (o.holds && o.heldMs < steadyMs) return true;
  return !o.nodeOrder.some((name) => {
    const news = o.peers[name];
    if (!news || news.ageMs > contactMs || !canTake(news.report)) return false;
    const sip = news.report.parts.kamailio;
    return sip?.ok === true && sip.busy === undefined && betterOff(o, news.report);
  });
}

/**
 * A database that a bad line cut out of the group comes back by itself, mostly in a few seconds (seen: 1 to 15 s and more,
 * with a fifth of the packets lost). On the holder it is not restarted before (database-keeper.ts).
 */
export const comesBackMs = 60_000;

/** A database that starts beside others joins the one that was first in so long, or something is wrong with it. */
const comesUpMs = 30_000;

/** Started with its host, and has not been in the Primary Component yet. */
const comesUp = ({ quorumLostMs, parts: { mariadb } }: Observation): boolean =>
  quorumLostMs === undefined && mariadb?.phase === "starting" && mariadb.sinceMs < comesUpMs;

/**
 * The holder's database runs and has just lost the quorum, or comes up a moment later than the other node's (after a power
 * cut of all hosts), and the agents hear each other: calls need no database, the other node knows that the address is taken,
 * and moving it would cost more than waiting. docs/decisions/0021
 */
const mayComeBack = (o: Observation, quorate: Known): boolean =>
  o.stance === "availability" &&
  o.holds &&
  quorate.direct &&
  !quorate.holds &&
  (comesUp(o) ||
    (o.parts.mariadb?.ok === true && o.quorumLostMs !== undefined && o.quorumLostMs < comesBackMs));

/** Reasons why this node must not hold the address; empty: it may. */
function objections(o: Observation): string[] {
  if (o.stopping) return ["this host is being stopped"];
  if (o.drained !== undefined) return [o.drained];
  if (o.yielding) return ["the service address is being handed over"];
  const sip = sipObjection(o.parts.kamailio, o.duty);
  if (sip !== undefined && !staysBusy(o)) return [sip];
  const relay = betterRelay(o);
  if (relay) return [relay];
  const functional = betterFunction(o);
  if (functional) return [functional];
  const others = knownNodes(o);
  const me = { name: o.host, term: o.term };
  for (const other of others) {
    if (!other.holds) continue;
    // In contact, two holders mean that the older one's keepalived has fallen silent: the newer one was elected.
    if (other.direct && o.holds && olderClaim(o.nodeOrder, me, other))
      return [`${other.name} was elected meanwhile and holds the service address too`];
    // Without contact the adverts do not arrive either, and VRRP elects a second holder: the older one goes on.
    if (!other.direct && other.mayHold && !(o.holds && olderClaim(o.nodeOrder, me, other)))
      return [`no contact with ${other.name}, which holds the service address and is seen by others`];
  }
  if (o.primary) return [];
  const quorate = others.find((other) => {
    const report = other.direct ? o.peers[other.name]?.report : undefined;
    return other.primary && other.mayHold && (!report || canTake(report));
  });
  if (quorate && mayComeBack(o, quorate)) return [];
  if (quorate)
    return [
      o.replication
        ? `the database here does not work, that of ${quorate.name} does`
        : `the database here has no quorum, ${quorate.name} has it`,
    ];
  if (o.stance === "consistency") return ["the database has no quorum, and the stance is 'consistency'"];
  // Who hears another node is not cut off; a few lost echoes then only say that the line is bad.
  if (o.upstream === false && !others.some((other) => other.direct))
    return [
      `the database ${o.replication ? "does not work" : "has no quorum"}, and no upstream address answers: this host is cut off`,
    ];
  return [];
}

type Found = [level: Level, text: string];

/** What is missing although the host serves. */
function shortcomings(o: Observation): Found[] {
  const found: Found[] = Object.entries(o.parts).flatMap(([name, part]): Found[] => {
    if (!inOrder(part)) {
      // No telephone needs it.
      const only = name === "haproxy" ? " (browsers and the console are not reachable here)" : "";
      return [["process", `${name}: ${part.detail}${only}`]];
    }
    return part.busy === undefined ? [] : [["process", `${name}: busy: ${part.busy}`]];
  });
  if (o.role === "node") {
    if (o.replication) {
      if (o.replication.problem !== undefined) found.push(["process", `database: ${o.replication.problem}`]);
    } else if (o.parts.mariadb?.ok && !o.primary)
      found.push(["process", "database: no quorum; calls go on, records wait in the journal"]);
    else if (o.primary && o.members < o.hosts)
      found.push(["process", `database: ${o.members} of ${o.hosts} members`]);
  }
  if (o.upstream === false) found.push(["network", "network: no upstream address answers"]);
  for (const text of o.troubles ?? []) found.push(["network", text]);
  for (const name of o.others) {
    const news = o.peers[name];
    if (!news) found.push(["network", `no news from ${name} yet`]);
    else if (news.ageMs > contactMs)
      found.push(["network", `no news from ${name} for ${Math.round(news.ageMs / 1000)} s`]);
  }
  const { functional, outside, hardware, refusing } = o;
  // Amber, never a reason to move: the other node would have the same calls.
  if (refusing) found.push(["function", refusingText(refusing)]);
  if (outside && outside.failures >= outsideFailures)
    found.push(["network", `the service address, seen from here: ${outside.detail}`]);
  for (const text of hardware ? hardwareTroubles(hardware) : [])
    found.push(["hardware", `hardware: ${text}`]);
  if (functional && functional.failures >= functionalFailures)
    found.push(["function", `functional test failed ${functional.failures} times: ${functional.detail}`]);
  else if (functional && functional.storeFailures >= functionalFailures)
    found.push(["function", `functional test: calls work, but ${functional.detail}`]);
  return found;
}

const byLevel = (found: Found[]): Pick<Verdict, "levels"> => {
  const groups = Map.groupBy(found, ([level]) => level);
  return {
    levels: Object.fromEntries([...groups].map(([level, items]) => [level, items.map(([, text]) => text)])),
  };
};

export function judge(o: Observation): Verdict {
  const found = shortcomings(o);
  const missing = found.map(([, text]) => text);
  if (o.role !== "node") {
    const broken = o.role === "edge" && o.parts.kamailio?.ok !== true;
    return {
      mayHold: false,
      light: broken ? "red" : missing.length > 0 ? "amber" : "green",
      reasons: missing,
      ...byLevel(found),
    };
  }
  const against = objections(o);
  const reasons = [...new Set([...against, ...missing])];
  return {
    mayHold: against.length === 0,
    // Out of service by a person's will is no fault.
    light: against.length > 0 && o.drained === undefined ? "red" : reasons.length > 0 ? "amber" : "green",
    reasons,
    ...byLevel(found),
  };
}

/**
 * Kamailio's DMQ does not repeat what it could not deliver: after a partition both sides say "active", and registrations
 * that were made in it never arrive (seen with dmq_usrloc of Kamailio 5.6). A Kamailio that starts asks for all of them, in well under a second; the
 * standby has no calls to lose by that.
 */
export const mustResync = (
  self: { role: HostRole; holds: boolean },
  peer: Pick<HostReport, "holds" | "agentUptimeMs">,
  silenceMs: number,
): boolean =>
  self.role === "node" && !self.holds && peer.holds && silenceMs > 2000 && peer.agentUptimeMs > silenceMs;
