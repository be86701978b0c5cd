import { drainedText } from "../report/drained.ts";
import { silentFreeswitch } from "../report/freeswitch.ts";
import { diskSilent, hardwareTroubles, hungMs } from "../report/hardware.ts";
import type { HostReport } from "../report/host-report.ts";
import type { PartName } from "../report/parts.ts";
import { refusingText } from "../report/refusing.ts";
import { unregistered } from "../report/registrations.ts";
import type { Finding } from "./finding.ts";

/** What a host says of itself, as problems. Pure. */

/** What callers notice when a part is down at the holder of the service address, and elsewhere. */
const parts: Record<PartName, { holder: string; other: string; advice: string }> = {
  kamailio: {
    holder: "new calls get no answer until another node has taken over (below a second), or it is back",
    other: "nothing now; this node can not take over",
    advice: "the agent restarts it; if it does not come: kamailio.log",
  },
  rtpengine: {
    holder: "conversations are silent until another node's relay has taken over; new calls go without it",
    other: "nothing now; conversations would fall silent at a takeover",
    advice: "the agent restarts it; if it does not come: rtpengine.log",
  },
  redis: {
    holder: "nothing now; the other node does not learn of new conversations",
    other: "nothing now; conversations would not come back after two takeovers",
    advice: "the agent restarts it; if it does not come: redis.log",
  },
  app: {
    holder: "the other node's app decides; the first call waited up to 0.3 s for that",
    other: "nothing; this node's journal waits",
    advice: "the agent restarts it; if it does not come: app.log",
  },
  mariadb: {
    holder: "calls go on; with quorum elsewhere the address moves there",
    other: "nothing now; the next loss may cost the quorum: records would wait",
    advice: "the agent restarts it; a state transfer takes its time: mariadb.log",
  },
  garbd: {
    holder: "nothing now; with one node less there is no quorum: records would wait",
    other: "nothing now; with one node less there is no quorum: records would wait",
    advice: "the agent restarts it; if it does not come: garbd.log",
  },
  haproxy: {
    holder: "nothing by telephone; browsers and the console are not reachable at the service address",
    other: "nothing by telephone; browsers and the console are not reachable here",
    advice: "the agent restarts it; if it does not come: haproxy.log",
  },
  keepalived: {
    holder: "calls get through again when another node was elected, within a second",
    other: "nothing now; this node can not take over",
    advice: "the agent restarts it; if it does not come: keepalived.log",
  },
};

/** Its database works, but outside of the group's majority; one that only follows another needs none. */
export const lacksQuorum = ({ parts: { mariadb }, database }: HostReport): boolean =>
  mariadb?.ok === true && database?.facts?.primary === false && !database.facts.replication;

/** What is wrong with one host that we hear. The judge says which parts are missed: a resting standby's are not. */
export function ofReport(report: HostReport, serves: boolean): Finding[] {
  const { host, verdict, hardware, functional, outside, database } = report;
  const found: Finding[] = [];
  const add = (problem: Omit<Finding, "host">) => found.push({ host, ...problem });
  for (const what of report.watch?.appProblems ?? [])
    if (what.startsWith("webhook "))
      add({
        code: "webhook",
        severity: "note",
        what,
        callers:
          "nothing; programs that want to know of calls hear of them later, or never when a day has passed",
        advice: "see that the address answers 2xx within its deadline; what waits is told then",
      });
  if (report.stopping)
    add({
      code: "stopping",
      severity: "risk",
      what: "is being stopped",
      callers: "nothing; it hands over first",
      advice: "start it again: dialtone up",
    });
  if (report.drained)
    add({
      code: "drained",
      severity: "note",
      what: drainedText(report.drained),
      callers: "nothing now; it does not take over",
      advice: `dialtone undrain ${host}`,
    });
  for (const [name, part] of Object.entries(report.parts)) {
    if (part.ok && part.busy !== undefined)
      add({
        code: "busy",
        severity: "risk",
        what: `${name} answers late: ${part.busy}`,
        callers: "calls take longer; nothing is restarted for it, and the address does not move",
        advice:
          "see what else runs on that host (top); if it is calls alone, it has reached what it can carry",
      });
    if (part.ok || !verdict.reasons.some((reason) => reason.startsWith(`${name}: `))) continue;
    const { holder, other, advice } = parts[name as PartName];
    const now = report.holds && (name === "kamailio" || name === "rtpengine" || name === "keepalived");
    add({
      code: name,
      severity: now ? "down" : "risk",
      what: `${name}: ${part.detail} (${part.phase})`,
      sinceMs: part.sinceMs,
      callers: report.holds ? holder : other,
      advice,
    });
  }
  if (database && lacksQuorum(report))
    add({
      code: "no-quorum",
      severity: "risk",
      what: "its database has no quorum",
      ...(database.withoutPrimaryMs === undefined ? {} : { sinceMs: database.withoutPrimaryMs }),
      callers: "calls go on; their records wait in the journal",
      advice: database.waiting ?? "bring the missing hosts or links back; the database joins by itself",
    });
  if (report.upstream === false)
    add({
      code: "upstream",
      severity: report.holds ? "down" : "risk",
      what: "reaches no upstream address",
      callers: report.holds ? "callers from outside probably do not reach the service" : "nothing now",
      advice: "see its cable, the switch, the router; 'upstream' in cluster.yaml says which addresses",
    });
  const hangs = hardware !== undefined && diskSilent(hardware, hungMs);
  for (const text of hardware ? hardwareTroubles(hardware) : [])
    add({
      code: "hardware",
      severity: "risk",
      what: text,
      callers: hangs
        ? "calls go on; their events are in memory alone until it answers again"
        : "calls go on; on a full disk their events get the space that is reserved for them, while it lasts",
      advice: hangs
        ? "see the kernel's log (dmesg), the controller, the storage behind it; do not switch this host off before"
        : "make room (logs, recordings, old journals): the rest mends itself; or repair that host",
    });
  if (hardware?.clockStep)
    add({
      code: "clock",
      severity: "note",
      sinceMs: hardware.clockStep.agoMs,
      what: `its clock was set by ${(hardware.clockStep.ms / 1000).toFixed(1)} s`,
      callers: "nothing; times in records may be wrong",
      advice: "is its time service (NTP) running?",
    });
  if (report.refusing)
    add({
      code: "refusing",
      severity: "down",
      what: refusingText(report.refusing),
      sinceMs: report.refusing.sinceMs,
      callers: "some get 503 and may try again; calls in progress and emergency calls go on",
      advice:
        "find out who calls so often ('dialtone records list'); for more calls a second: a faster host, or more nodes",
    });
  for (const { carrier, sinceMs } of report.brokenCarriers ?? [])
    add({
      code: "carrier",
      severity: "risk",
      sinceMs,
      what: `carrier ${carrier} is silent or answers with faults: calls pass it over, and one tries it now and then`,
      callers: "their calls go to the next carrier of the rule; without one they fail",
      advice: `is there a line to it, and what does it say of itself ('dialtone carrier show ${carrier}')? It comes back by itself`,
    });
  for (const { guard, subject, why, sinceMs } of report.guardAlarms ?? [])
    add({
      code: "guard",
      severity: "risk",
      sinceMs,
      what: `guard ${guard}: ${subject === "" ? "all together have" : `${subject} has`} ${why}`,
      callers: "further calls of this kind get 403 where the guard stops them",
      advice: `is that a person, or somebody with a stolen password ('dialtone records list')? 'dialtone guard list' has the limits`,
    });
  for (const { host: silent, sinceMs } of silentFreeswitch(report.freeswitch))
    add({
      code: "freeswitch",
      severity: "risk",
      sinceMs,
      what: `FreeSWITCH host ${silent} does not answer OPTIONS`,
      callers: "its own calls are over; calls to a farm go to its other targets",
      advice: `is ${silent} on, and does FreeSWITCH run there ('fs_cli -x status')? docs/freeswitch.md`,
    });
  for (const { carrier, sinceMs } of unregistered(report.registrations))
    add({
      code: "unregistered",
      severity: "risk",
      sinceMs,
      what: `carrier ${carrier} does not take our registration`,
      callers: "calls from there do not arrive, and it may take none",
      advice: `read kamailio.log on ${host}; are user, password and address right ('dialtone carrier show ${carrier}')?`,
    });
  if (report.web?.problem !== undefined)
    add({
      code: "certificate",
      severity: "note",
      what: `browsers do not get the certificate that they should: ${report.web.problem}`,
      callers: "nothing by telephone; browsers get the one before",
      advice: `it is tried again by itself; read app.log and haproxy.log on ${host} if that does not help`,
    });
  if (functional && functional.failures >= 3)
    add({
      code: "functional",
      severity: serves ? "down" : "risk",
      what: `its test calls fail, ${functional.failures} times in a row: ${functional.detail}`,
      callers: serves
        ? "calls fail, although all parts answer"
        : "nothing now; calls would fail after a takeover",
      advice: `read kamailio.log and app.log on ${host}; 'dialtone switchover' moves the calls away`,
    });
  else if (functional && functional.storeFailures >= 3)
    add({
      code: "functional",
      severity: "risk",
      what: `calls work, but ${functional.detail}`,

      callers: "nothing; records come late",
      advice: "the journal keeps them: read app.log and mariadb.log",
    });
  if (outside && outside.failures >= 3)
    add({
      // One of several that do not get through is its own link; the witness has no other reason.
      code: "outside",
      severity: report.role === "witness" ? "down" : "risk",
      sinceMs: outside.sinceMs,
      what: `does not reach the service address: ${outside.detail}`,
      callers: "those whose packets go the same way do not get through",
      advice: "compare with the other hosts' view: one host alone is its link, all together is the holder",
    });
  return found;
}
