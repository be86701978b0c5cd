import { answering } from "../explain/answering.ts";
import { lacksQuorum } from "../explain/host-problems.ts";
import { lossyLines } from "../explain/lossy-lines.ts";
import { silenceText } from "../explain/silence.ts";
import type { AlertProblem } from "../report/alerts.ts";
import type { EndingToken } from "../report/app-health.ts";
import { silentFreeswitch } from "../report/freeswitch.ts";
import { diskSilent, hungMs } from "../report/hardware.ts";
import type { HostReport } from "../report/host-report.ts";
import type { LightCode } from "../report/light.ts";
import { refusingText } from "../report/refusing.ts";
import { unregistered } from "../report/registrations.ts";

/** What is wrong in the cluster, each thing once, whoever sees it. Pure. */

/** What one host knows. */
export interface View {
  self: string;
  /** Fresh reports, the own one included. */
  reports: HostReport[];
  /** Hosts that held the service address when they were heard last, and are not heard any more. */
  heldLast: string[];
  /** ms since 1970. */
  now: number;
}

const dayMs = 86_400_000;
const leastFree = 0.1;
const certificateDays = 21;
const skewMs = 2000;
const lateLoopMs = 1000;
/** After a link was cut and mended its window of 10 s still holds what was lost. */
const badLineMs = 30_000;

/** Codes of the light that are told as problems of their own below, or follow from them. */
const toldOtherwise: ReadonlySet<string> = new Set<LightCode>([
  ...([
    "nobody-holds",
    "holder-silent",
    "no-standby",
    "not-heard",
    "not-fit",
    "stopping",
    "part-down",
  ] as const),
  ...(["cut-off", "no-quorum", "vote-missing", "freeswitch-silent"] as const),
]);

function service(view: View): AlertProblem[] {
  const { reports, heldLast } = view;
  const nodes = reports.filter((report) => report.role === "node");
  const { holders, keeper } = answering(
    reports,
    heldLast.map((host) => ({ host, holds: true })),
  );
  if (nodes.length > 0 && holders.length === 0 && !keeper)
    return [
      {
        key: "nobody-holds",
        severity: "critical",
        title: "Nobody answers calls",
        text: `No host that is heard holds the service address. ${reports.flatMap(why).join(" ")}`,
      },
    ];
  if (holders.length > 1)
    return [
      {
        key: "both-hold",
        severity: "critical",
        title: `${holders.join(" and ")} both hold the service address`,
        text: "Some calls do not get through. See the link between the nodes.",
      },
    ];
  return [];
}

const why = (report: HostReport): string[] =>
  report.verdict.reasons.length > 0 ? [`${report.host}: ${report.verdict.reasons.join("; ")}.`] : [];

/** Hosts that this one does not hear and nobody who is heard hears either: what one alone does not hear is a cut link. */
function silentHosts({ self, reports, heldLast }: View): AlertProblem[] {
  const own = reports.find((report) => report.host === self);
  return Object.entries(own?.watch?.silent ?? {}).map(([host, reason]): AlertProblem => {
    const hearing = reports.filter(
      (report) => report.host !== self && report.sees[host] && !report.watch?.silent[host],
    );
    const isNode = own?.watch?.hosts[host] === "node";
    const words = reason === "unknown" ? "" : ` ${silenceText[reason]}.`;
    if (hearing.length > 0)
      return {
        key: `link:${[self, host].sort().join("-")}`,
        severity: "warning",
        title: `${self} does not hear ${host}`,
        text: `${hearing.map((report) => report.host).join(", ")} does. See the link between them.`,
      };
    return {
      key: `host:${host}`,
      severity: isNode ? "critical" : "warning",
      title: `${host} is not heard any more`,
      text: `Said by ${self}:${words} ${
        heldLast.includes(host)
          ? "It held the service address when it was heard last."
          : "The service address is elsewhere."
      } Redundancy is lost. See 'dialtone timeline' for what came before.`,
    };
  });
}

const refusals = ({ reports }: View): AlertProblem[] =>
  reports.flatMap(({ host, refusing }) =>
    refusing
      ? [
          {
            key: `refusing:${host}`,
            severity: "critical" as const,
            title: `${host} refuses calls: there are more than it can carry`,
            text: `${refusingText(refusing)}. Callers get 503 and may try again; calls in progress and emergency calls go on. 'dialtone records list' shows who calls so often.`,
          },
        ]
      : [],
  );

const ofLines = ({ reports }: View): AlertProblem[] =>
  lossyLines(reports).map(({ ends, percent }) => ({
    key: `line:${ends.join("-")}`,
    severity: "warning" as const,
    afterMs: badLineMs,
    title: `Packets between ${ends.join(" and ")} get lost`,
    text: `${100 - percent} % in the last 10 s. Calls go on; the database may leave its group, and records wait in the journal. See cables, switch ports, and the hosts' load.`,
  }));

function ofHost(report: HostReport, now: number): AlertProblem[] {
  const { hardware, host, watch } = report;
  const problems: AlertProblem[] = [];
  const warn = (key: string, title: string, text: string, more: Partial<AlertProblem> = {}) =>
    problems.push({ key: `${key}:${host}`, severity: "warning", title, text, ...more });
  // Whether a part is missed is for the judge to say: in some policies a standby's parts do not run.
  for (const [name, part] of Object.entries(report.parts))
    if (
      !part.ok &&
      !report.stopping &&
      report.verdict.reasons.some((reason) => reason.startsWith(`${name}: `))
    )
      problems.push({
        key: `part:${host}:${name}`,
        severity: "warning",
        title: `${name} on ${host} does not work`,
        text: `${part.detail}. The agent starts it again by itself; started ${part.restarts} times so far. Its log is ${name}.log on ${host}.`,
      });
  const replication = report.database?.facts?.replication;
  if (replication?.state === "stopped" || replication?.state === "interrupted")
    warn(
      "replication",
      `The database on ${host} does not follow ${replication.from}`,
      `${replication.error}. Calls go on; what is written at ${replication.from} is not known at ${host}. ${
        replication.state === "stopped"
          ? "A person must decide whose data are right: docs/two-sites.md."
          : "It goes on by itself when the link is back."
      }`,
    );
  if (lacksQuorum(report))
    warn(
      "quorum",
      `The database on ${host} has no quorum`,
      "Calls go on; their records wait in the journal. See the other hosts and the links.",
    );
  if (report.upstream === false)
    warn("upstream", `${host} reaches no upstream address`, "See its cable and its router.");
  for (const problem of watch?.appProblems ?? [])
    warn(
      `app-${problem.replace(/\d+/g, "n")}`,
      `app on ${host}: ${problem}`,
      "See 'dialtone status' and app.log.",
    );
  if (hardware && diskSilent(hardware, hungMs))
    problems.push({
      key: `disk-hangs:${host}`,
      severity: "critical",
      title: `The disk of ${host} does not answer`,
      text: "Calls go on; their events are in that host's memory alone until it answers, and a power cut would take them. The service address goes to a node whose disk works. See the kernel's log (dmesg), the controller, the storage behind it.",
    });
  if (watch?.disk && watch.disk.freeBytes < leastFree * watch.disk.totalBytes)
    warn(
      "disk",
      `The disk of ${host} is nearly full`,
      `${(watch.disk.freeBytes / 1e9).toFixed(1)} GB of ${(watch.disk.totalBytes / 1e9).toFixed(0)} GB are free. Without space call events can not be written.`,
    );
  if (watch && watch.loop.p99Ms > lateLoopMs)
    warn(
      "loop",
      `The agent of ${host} is late`,
      `Its event loop is ${watch.loop.p99Ms} ms behind: the host is overloaded.`,
    );
  for (const [other, { offsetMs, withinMs }] of Object.entries(watch?.clocks ?? {}))
    if (Math.abs(offsetMs) - withinMs > skewMs && host < other)
      problems.push({
        key: `clock:${host}-${other}`,
        severity: "warning",
        title: `The clocks of ${host} and ${other} differ by ${(Math.abs(offsetMs) / 1000).toFixed(0)} s`,
        text: "Call records carry the clock of the node that saw the event. See NTP on both.",
      });
  const days = watch ? (watch.certificateEnds - now) / dayMs : Number.POSITIVE_INFINITY;
  if (days < certificateDays)
    problems.push({
      key: "certificate",
      severity: days < 3 ? "critical" : "warning",
      title: `The cluster's certificate ${days < 0 ? "has ended" : `ends in ${Math.floor(days)} days`}`,
      text: "The hosts stop talking to each other when it ends. See docs/real-hosts.md, certificates.",
    });
  return problems;
}

/** What is not as it should be with calls outside, whichever host says so. */
const ofCarriers = ({
  guardAlarms,
  brokenCarriers,
  registrations,
  freeswitch,
}: HostReport): AlertProblem[] => [
  ...(guardAlarms ?? []).map(({ guard, subject, why }) => ({
    key: `guard:${guard}:${subject}`,
    // While it is told alone it goes on, and costs money.
    severity: "critical" as const,
    title: `Guard ${guard}: ${subject === "" ? "all together have" : `${subject} has`} ${why}`,
    text: "Further calls of this kind get 403 where the guard stops them. Is that a person, or somebody with a stolen password ('dialtone records list')? 'dialtone guard list' has the limits.",
  })),
  ...(brokenCarriers ?? []).map(({ carrier }) => ({
    key: `carrier:${carrier}`,
    severity: "warning" as const,
    title: `Carrier ${carrier} is silent or answers with faults`,
    text: "Calls pass it over; without another one in their rule they fail. It is tried now and then, and comes back by itself.",
  })),
  ...silentFreeswitch(freeswitch).map(({ host }) => ({
    key: `freeswitch:${host}`,
    severity: "warning" as const,
    title: `FreeSWITCH host ${host} does not answer`,
    text: "Its own calls are over; calls to a farm go to its other targets. Is it on, and does FreeSWITCH run there ('fs_cli -x status')?",
  })),
  ...unregistered(registrations).map(({ carrier }) => ({
    key: `unregistered:${carrier}`,
    severity: "warning" as const,
    title: `Carrier ${carrier} does not take our registration`,
    text: "Calls from there do not arrive, and it may take none. See its password and address, and 'dialtone timeline'.",
  })),
];

/** What the safe-to-fail-over light knows beyond that; all nodes compute the same one. */
function ofLight({ reports }: View): AlertProblem[] {
  const light = reports.find((report) => report.role === "node" && report.light)?.light;
  return (light?.reasons ?? [])
    .filter(({ code }) => !toldOtherwise.has(code))
    .map(({ code, text, callers, advice }) => ({
      key: `light:${code}`,
      severity: code === "functional-failed" || code === "certificate-over" ? "critical" : "warning",
      title: text,
      text: `What that means: ${callers}. What to do: ${advice}.`,
      ...(code === "not-drilled" ? { afterMs: dayMs } : {}),
    }));
}

/** Told when it ends within two weeks, and once more within a day; any host's app knows all tokens. */
const ofToken = ({ name, owner, expires_at }: EndingToken, now: number): AlertProblem[] => {
  const days = (Date.parse(expires_at) - now) / dayMs;
  const text = `${days < 0 ? "What still uses it gets 401" : "Then what uses it gets 401"}. ${
    owner === null ? "It was made on a host" : `It is ${owner}'s`
  }. Make a second one, give it to the program, and end this one: the console's page Tokens says from where it is used, or 'dialtone tokens list'.`;
  const when = days < 0 ? "has ended" : days < 1 ? "ends within a day" : `ends in ${Math.floor(days)} days`;
  const problem = (kind: string) => ({
    key: `${kind}:${name}`,
    severity: "warning" as const,
    title: `Token ${name} of the API ${when}`,
    text,
    once: true,
  });
  return days < 1 ? [problem("token"), problem("token-last-day")] : [problem("token")];
};

/** All problems, by key: the same thing seen in several reports is one. */
export function problemsOf(view: View): AlertProblem[] {
  const found = [
    ...service(view),
    ...silentHosts(view),
    ...refusals(view),
    ...ofLines(view),
    ...view.reports.flatMap((report) => ofHost(report, view.now)),
    ...view.reports.flatMap(ofCarriers),
    ...view.reports.flatMap(({ watch }) =>
      (watch?.endingTokens ?? []).flatMap((token) => ofToken(token, view.now)),
    ),
    ...ofLight(view),
  ];
  return [...new Map(found.map((problem) => [problem.key, problem])).values()];
}
