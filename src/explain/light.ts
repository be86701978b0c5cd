import type { DatabaseFacts } from "../report/database.ts";
import { type ReplicationFacts, replicationText } from "../report/database.ts";
import { silentFreeswitch } from "../report/freeswitch.ts";
import { hardwareTroubles } from "../report/hardware.ts";
import type { HostReport, PeerNews } from "../report/host-report.ts";
import type { Light, LightCode, LightReason } from "../report/light.ts";
import { contactMs } from "../report/news.ts";
import type { PartName } from "../report/parts.ts";
import { inOrder } from "../report/policy.ts";
import type { LastDrill } from "../report/standing.ts";
import { answering, keeperText } from "./answering.ts";

/** "Safe to fail over": computed from what the hosts report. Pure. docs/decisions/0015-judgement.md */

const red: ReadonlySet<string> = new Set<LightCode>([
  ...(["nobody-holds", "no-standby", "not-heard", "not-fit", "stopping", "functional-failed"] as const),
  "certificate-over",
]);
/** Figures of two nodes are never taken at the same moment: a difference counts when it has lasted so long, ms. */
const patienceMs: Partial<Record<string, number>> = {
  "rules-behind": 4000,
  "database-behind": 4000,
  "replication-interrupted": 4000,
  "media-behind": 8000,
  // Kamailio forgets expired contacts every 20 s, each node for itself.
  "locations-differ": 25_000,
  // Each node takes another certificate by itself, within ten seconds or so.
  "certificates-differ": 60_000,
};
/** Events wait a moment on their way into the database; longer is a backlog. */
const backlogMs = 5000;
const behindTransactions = 1000;
const dayMs = 86_400_000;
/** So long before its end the browsers' certificate should have been renewed; and so long before it is urgent. */
const endsMs = 14 * dayMs;
const endsSoonMs = 3 * dayMs;
/** Drills that prove a takeover. */
const availabilityDrills: ReadonlySet<string> = new Set(["host-death", "switchover"]);
/** What a standby needs to go on with everything. */
export const standbyParts = [
  "kamailio",
  "rtpengine",
  "redis",
  "app",
  "mariadb",
  "keepalived",
] as const satisfies PartName[];

/** What callers would notice if the node had to take over now. */
const meaning: Record<LightCode, string> = {
  "nobody-holds": "no call gets through",
  "holder-silent": "nothing now; a part that fails there is not started again",
  "no-standby": "no call would get through after the next fault",
  "not-heard": "no call would get through after the next fault of the other node",
  "not-fit": "no call would get through after the next fault of the other node",
  stopping: "no call would get through after the next fault of the other node",
  "part-down": "what that part does would be missing after a takeover",
  "cut-off": "calls may not get through after a takeover",
  "no-quorum": "calls would go on, their records would wait in the journal",
  "vote-missing": "calls would go on as the stance says, records would wait in the journal",
  "database-behind": "changes of the last moments could be unknown after a takeover",
  "replication-stopped":
    "calls would be routed by older rules after a takeover; records are on one node only",
  "replication-interrupted": "changes of the last moments would be unknown after a takeover",
  "release-differs": "calls may be treated differently after a takeover",
  "config-differs": "calls may be treated differently after a takeover",
  "rules-behind": "calls would be routed by older rules after a takeover",
  "locations-differ": "some telephones could not be called until they register again",
  "media-behind": "some conversations would fall silent at a takeover",
  "journal-unshipped": "nothing for callers; records of those calls come late",
  "records-missing": "nothing for callers; records of those calls are incomplete",
  "functional-failed": "calls would fail after a takeover",
  hardware: "a takeover may fail",
  "not-drilled": "nothing now; a takeover works on paper only",
  "drill-failed": "a takeover may be slow or lose calls, as the drill did",
  "freeswitch-silent":
    "its own calls are over, whoever has the service address; calls to a farm go to its other targets",
  "certificate-ends": "nothing now; browsers and the telephones in them do not come in when it has ended",
  "certificate-over": "browsers and the telephones in them do not come in, or not much longer",
  "certificates-differ": "browsers may be warned, or not come in, after a takeover",
};

const reason = (code: LightCode, text: string, advice: string): LightReason => ({
  code,
  text,
  advice,
  callers: meaning[code],
});

/** Worst of the reasons. */
export const colourOf = (reasons: LightReason[]): Light["colour"] =>
  reasons.some(({ code }) => red.has(code)) ? "red" : reasons.length > 0 ? "amber" : "green";

/** Why `standby` could not, or not with everything, go on for `holder`. */
function againstStandby(standby: HostReport, holder: HostReport | undefined): LightReason[] {
  const { host, verdict, parts } = standby;
  if (standby.stopping)
    return [reason("stopping", `${host} is being stopped`, `start it again when it is done`)];
  const reasons: LightReason[] = [];
  if (!verdict.mayHold)
    reasons.push(
      reason("not-fit", `${host} can not serve: ${verdict.reasons.join("; ")}`, "see its problems"),
    );
  for (const name of standbyParts) {
    const part = parts[name];
    if (inOrder(part)) continue;
    const advice = `the agent restarts it; if it does not come, read ${name}.log on ${host}`;
    reasons.push(reason("part-down", `${name} on ${host}: ${part?.detail ?? "does not run"}`, advice));
  }
  if (standby.upstream === false)
    reasons.push(reason("cut-off", `${host} reaches no upstream address`, "see its cable and its router"));
  for (const trouble of standby.hardware ? hardwareTroubles(standby.hardware) : [])
    reasons.push(reason("hardware", `${host}: ${trouble}`, "make room, or repair that host"));
  if (standby.functional && standby.functional.failures >= 3)
    reasons.push(
      reason(
        "functional-failed",
        `the functional test fails on ${host}: ${standby.functional.detail}`,
        `read kamailio.log and app.log on ${host}`,
      ),
    );
  const { facts } = standby.database ?? {};
  if (facts?.replication?.state === "copying")
    reasons.push(
      reason(
        "database-behind",
        `the database on ${host} ${replicationText(facts.replication)}`,
        `wait; if it can not be done: mariadb.log on ${host} and on ${facts.replication.from}`,
      ),
    );
  else if (parts.mariadb?.ok && facts?.primary !== true)
    reasons.push(
      reason("no-quorum", `the database on ${host} has no quorum`, "mend the link between the hosts"),
    );
  return holder ? [...reasons, ...differences(standby, holder)] : reasons;
}

/** Release and configuration: the same on all hosts, the witness included. */
function versions(other: HostReport, holder: HostReport): LightReason[] {
  const [o, h] = [other.host, holder.host];
  // The hosts themselves name the file and the line, once they have compared.
  const named = (code: "release-differs" | "config-differs") =>
    [...(holder.drift ?? []), ...(other.drift ?? [])]
      .filter((item) => item.code === code && item.hosts.includes(o) && item.hosts.includes(h))
      .map(({ text, advice }) => reason(code, text, advice));
  const reasons: LightReason[] = [];
  const [releases, settings] = [named("release-differs"), named("config-differs")];
  if (releases.length > 0) reasons.push(...releases);
  else if (other.release !== holder.release)
    reasons.push(
      reason(
        "release-differs",
        `release ${other.release} on ${o}, ${holder.release} on ${h}`,
        "bring all hosts to one release",
      ),
    );
  if (settings.length > 0) reasons.push(...settings);
  else if (other.config !== holder.config)
    reasons.push(
      reason(
        "config-differs",
        `cluster.yaml is ${other.config} on ${o}, ${holder.config} on ${h}`,
        "copy the right file to all hosts and restart the agent where it was another",
      ),
    );
  return reasons;
}

/** What the standby does not have, or not as the holder has it. */
function differences(standby: HostReport, holder: HostReport): LightReason[] {
  const [s, h] = [standby.host, holder.host];
  const reasons: LightReason[] = versions(standby, holder);
  const add = (code: LightCode, text: string, advice: string) => reasons.push(reason(code, text, advice));
  const [mine, theirs] = [standby.standing ?? {}, holder.standing ?? {}];
  if (
    mine.rulesVersion !== theirs.rulesVersion &&
    mine.rulesVersion !== undefined &&
    theirs.rulesVersion !== undefined
  )
    add(
      "rules-behind",
      `rules version ${mine.rulesVersion} on ${s}, ${theirs.rulesVersion} on ${h}`,
      `the app on ${s} reads them from the database: see its log if it does not catch up`,
    );
  const [own, other] = [standby.database?.facts, holder.database?.facts];
  if (own?.primary && own.state !== "Synced")
    add("database-behind", `the database on ${s} is ${own.state}`, "wait until it is Synced");
  else if (own?.primary && other?.primary && transactionsBehind(own, other) > behindTransactions)
    add(
      "database-behind",
      `the database on ${s} is ${transactionsBehind(own, other)} transactions behind`,
      "wait; if it does not catch up, see mariadb.log there",
    );
  if (locationsDiffer(mine.contacts, theirs.contacts))
    add(
      "locations-differ",
      `${mine.contacts} registered contacts on ${s}, ${theirs.contacts} on ${h}`,
      `restart Kamailio on ${s} (it fetches all of them): end its process, the agent starts it again`,
    );
  if (sessionsBehind(mine.sessions, theirs.sessions))
    add(
      "media-behind",
      `rtpengine on ${s} knows ${mine.sessions} of ${theirs.sessions} conversations`,
      `the others would fall silent; end rtpengine's process on ${s}, the agent starts it again and it fetches them`,
    );
  return reasons;
}

const transactionsBehind = (own: DatabaseFacts, other: DatabaseFacts): number =>
  own.replication && other.replication
    ? other.replication.own - own.replication.applied
    : other.seqno - own.seqno;

/** In a large registrar single contacts come and go at any moment. */
function locationsDiffer(mine: number | undefined, theirs: number | undefined): boolean {
  if (mine === undefined || theirs === undefined) return false;
  return Math.abs(mine - theirs) > Math.floor(Math.max(mine, theirs) / 500);
}

/** A standby may know more: it forgets ended conversations a little later. */
function sessionsBehind(mine: number | undefined, theirs: number | undefined): boolean {
  if (mine === undefined || theirs === undefined) return false;
  return theirs - mine > theirs / 50;
}

/** A database that does not get what the other one does (database.replication: asynchronous). */
function replication(host: string, facts: ReplicationFacts | undefined): LightReason[] {
  if (facts?.state === "stopped")
    return [
      reason(
        "replication-stopped",
        `the database on ${host} has stopped following ${facts.from}: ${facts.error}`,
        `decide whose data are right; where ${facts.from}'s are: 'dialtone database renew ${host}' (docs/two-sites.md)`,
      ),
    ];
  if (facts?.state === "interrupted")
    return [
      reason(
        "replication-interrupted",
        `the database on ${host} does not reach ${facts.from}: ${facts.error}`,
        `mend the link to ${facts.from}: it goes on by itself from where it was`,
      ),
    ];
  return [];
}

/** What is not right wherever it is. */
function everywhere({ host, standing = {}, drift = [], database }: HostReport): LightReason[] {
  const reasons: LightReason[] = drift
    .filter((item) => item.hosts.length === 1)
    .map(({ code, text, advice }) => reason(code, text, advice));
  reasons.push(...replication(host, database?.facts?.replication));
  const { unshippedMs = 0, recordsMissing = 0 } = standing;
  if (unshippedMs > backlogMs)
    reasons.push(
      reason(
        "journal-unshipped",
        `call events on ${host} have been waiting for ${Math.round(unshippedMs / 1000)} s`,
        `they are only on ${host}'s disk: their call records come when the database takes them, do not lose that disk`,
      ),
    );
  if (recordsMissing > 0)
    reasons.push(
      reason(
        "records-missing",
        `${recordsMissing} events of ${host}'s journal are not in the database`,
        "they are stored again by the next comparison: 'dialtone records check'",
      ),
    );
  return reasons;
}

/** Redundancy that was not tested after the last change does not exist. */
function drilled(
  self: Pick<HostReport, "release" | "config">,
  drills: LastDrill[] | undefined,
): LightReason[] {
  const advice =
    "run a drill when few people call: 'dialtone drill switchover', or 'dialtone drill host-death' in a lab";
  const known = (drills ?? []).filter(({ kind }) => availabilityDrills.has(kind));
  const present = known.filter(({ release, config }) => release === self.release && config === self.config);
  const newest = present.sort((x, y) => Date.parse(y.finished_at) - Date.parse(x.finished_at))[0];
  if (!newest) {
    const why =
      known.length === 0 ? "a takeover was never drilled" : "no takeover was drilled since the last change";
    return [reason("not-drilled", `${why} (release ${self.release}, configuration ${self.config})`, advice)];
  }
  if (newest.passed) return [];
  const text = `the drill ${newest.kind} of ${newest.finished_at} failed: ${newest.summary}`;
  return [reason("drill-failed", text, "mend what it found, then drill again")];
}

/** Hosts of the cluster without an agent; the holder asks them. */
const silentMembers = ({ freeswitch }: HostReport): LightReason[] =>
  silentFreeswitch(freeswitch).map(({ host }) =>
    reason(
      "freeswitch-silent",
      `FreeSWITCH host ${host} does not answer OPTIONS`,
      `is ${host} on, and does FreeSWITCH run there ('fs_cli -x status')?`,
    ),
  );

/** What browsers get, at whichever node. */
function webDoors(fresh: readonly HostReport[]): LightReason[] {
  const doors = fresh.flatMap(({ host, web, wallMs }) => (web ? [{ host, ...web, wallMs }] : []));
  const [first] = doors.toSorted((x, y) => x.ends - y.ends);
  if (!first) return [];
  const reasons: LightReason[] = [];
  const leftMs = first.ends - first.wallMs;
  if (leftMs < endsMs) {
    const days = Math.floor(leftMs / dayMs);
    const when = leftMs < 0 ? "has ended" : `ends in ${days} ${days === 1 ? "day" : "days"}`;
    reasons.push(
      reason(
        leftMs < endsSoonMs ? "certificate-over" : "certificate-ends",
        `the certificate of the console ${when} (${first.kind}, on ${first.host})`,
        first.kind === "given"
          ? "give the next one: 'dialtone certificates give', or the console's page Certificates"
          : "'dialtone certificates' says why it was not renewed",
      ),
    );
  }
  const other = doors.find(({ fingerprint }) => fingerprint !== doors[0]?.fingerprint);
  if (other)
    reasons.push(
      reason(
        "certificates-differ",
        `${doors[0]?.host} and ${other.host} show browsers different certificates`,
        `each node takes the newest from the database by itself: 'dialtone certificates', app.log and 'dialtone timeline' on ${[doors[0], other].find((door) => door?.problem !== undefined)?.host ?? other.host}`,
      ),
    );
  return reasons;
}

/** A vote less: the next loss takes the quorum. */
function votes({ database }: HostReport, hosts: number): LightReason[] {
  const size = database?.facts?.primary ? database.facts.size : undefined;
  if (size === undefined || size >= hosts || database?.facts?.replication) return [];
  const text = `the database has ${size} of ${hosts} members: with one more host lost it may have no quorum`;
  return [reason("vote-missing", text, "bring the missing host back")];
}

const rank = (reasons: LightReason[]): number => reasons.length + (colourOf(reasons) === "red" ? 1000 : 0);

const finish = (reasons: LightReason[]): Light => ({ colour: colourOf(reasons), reasons });

/**
 * The light of one host, from all reports that it has (its own included, ages in ms). `hosts` is the number of hosts of
 * the cluster. The reasons of all standbys count for the holder only when none of them is better.
 */
export function lightOf(host: string, news: PeerNews[], hosts: number): Light {
  const fresh = news.filter(({ ageMs }) => ageMs <= contactMs).map(({ report }) => report);
  const self = fresh.find((report) => report.host === host);
  if (!self)
    return finish([reason("not-heard", `no news from ${host}`, `is ${host} on, and its agent running?`)]);
  const holder = fresh.find((report) => report.holds);
  const { keeper } = answering(
    fresh,
    news.filter(({ ageMs }) => ageMs > contactMs).map(({ report }) => report),
  );
  const witnesses = fresh.filter((report) => report.role !== "node");
  const drills = fresh.find((report) => report.standing?.drills)?.standing?.drills;
  const common = [
    ...(holder
      ? [
          ...everywhere(holder),
          ...votes(holder, hosts),
          ...witnesses.flatMap((w) => versions(w, holder)),
          ...silentMembers(holder),
        ]
      : keeper
        ? [reason("holder-silent", keeperText(keeper), `restart its agent: 'dialtone up' on ${keeper.host}`)]
        : [reason("nobody-holds", "nobody holds the service address", "see the problems of the nodes")]),
    ...drilled(holder ?? self, drills),
    ...webDoors(fresh),
  ];
  if (self.role === "node" && !self.holds) {
    const more = everywhere(self);
    return finish([...againstStandby(self, holder), ...common, ...more]);
  }
  const standbys = news.filter(
    ({ report }) => report.role === "node" && report.host !== (holder?.host ?? keeper?.host),
  );
  const lights = standbys
    .map(({ ageMs, report }) =>
      ageMs <= contactMs
        ? [...againstStandby(report, holder), ...everywhere(report)]
        : [
            reason(
              "not-heard",
              `no news from ${report.host} for ${Math.round(ageMs / 1000)} s`,
              `is ${report.host} on, and connected?`,
            ),
          ],
    )
    .sort((x, y) => rank(x) - rank(y));
  const best = lights[0] ?? [
    reason("no-standby", "there is no other node that could take over", "switch the other node on"),
  ];
  return finish([...best, ...common]);
}

/**
 * Leaves out differences that have not lasted yet, and says of the others since when they are seen.
 * @param seen when (ms, monotonic) each code was first seen without a break
 */
export function settle(
  seen: ReadonlyMap<string, number>,
  light: Light,
  now: number,
): { seen: Map<string, number>; light: Light } {
  const next = new Map(light.reasons.map(({ code }) => [code, seen.get(code) ?? now] as const));
  const reasons = light.reasons.flatMap((item) => {
    const sinceMs = Math.round(now - (next.get(item.code) ?? now));
    return sinceMs < (patienceMs[item.code] ?? 0) ? [] : [{ ...item, sinceMs }];
  });
  return { seen: next, light: finish(reasons) };
}
