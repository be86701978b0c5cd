import { randomUUID } from "node:crypto";
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../base/message.ts";
import type { DrillEvidence } from "../drill-runs/run-record.ts";
import type { Lab } from "../lab/lab.ts";
import type { DrillKind } from "./catalogue.ts";
import type { Ground } from "./ground.ts";
import { rolesOf, targetsOf } from "./inject.ts";
import { type DrillResult, type Run, summarise } from "./result.ts";
import { figuresOf, sentenceOf } from "./result-record.ts";
import { openSessionOn, type Session, type SessionOptions } from "./session.ts";
import { labSite, type Site } from "./site.ts";

/** Any drill of the catalogue in a running lab: calls go on, the fault happens, what did callers and ledger see? */

export interface DrillOptions {
  runs: number;
  /** Calls per second. */
  rate: number;
  /** Callers' patience, ms; default: the catalogue's. */
  patienceMs?: number;
  /** Callers who reach the service by another way than the service address (movers.ts). */
  callers?: SessionOptions["callers"];
  /** A person, or what started it. */
  startedBy: string;
  /** Hears of each run as soon as it is over. */
  onRun?: (run: Run) => Promise<void>;
  /** Keep the callers' logs even when all was well. */
  keepLogs?: boolean;
  tell: (text: string) => void;
  signal: AbortSignal;
}

/** Beyond the allowed outage a drill waits so long for calls to come back, then it gives up and repairs. */
const giveUpMs = 15_000;

/**
 * Runs a drill, leaves the lab repaired, appends the result to its drills.jsonl and keeps it in its database.
 * A drill whose service does not come back repairs at once and ends: no further runs.
 * @throws Error when the cluster does not get green within a minute before the first run, or calls do not go through before it.
 */
export const runDrill = (lab: Lab, kind: DrillKind, options: DrillOptions): Promise<DrillResult> =>
  runDrillOn(labSite(lab), kind, options);

export async function runDrillOn(site: Site, kind: DrillKind, options: DrillOptions): Promise<DrillResult> {
  const started = new Date().toISOString();
  const patienceMs = options.patienceMs ?? kind.patienceMs;
  await using _equipment = await site.equip(kind, options.tell, options.signal);
  const { hosts } = await site.look();
  const measured = {
    release: hosts.map((host) => host.agent?.release).find((release) => release !== undefined) ?? "unknown",
    config: hosts.map((host) => host.agent?.config).find((config) => config !== undefined) ?? "unknown",
  };
  await using session = await openSessionOn(site, {
    name: kind.name,
    rate: options.rate,
    patienceMs,
    tell: options.tell,
    signal: options.signal,
    backDeadlineMs: kind.outageMs + giveUpMs,
    ...(options.callers ? { callers: options.callers } : {}),
  });
  const runs: Run[] = [];
  let stopped: string | null = null;
  try {
    for (let run = 1; run <= options.runs; run++) {
      options.signal.throwIfAborted();
      const tell = (text: string) => options.tell(`${kind.name} ${run}/${options.runs}: ${text}`);
      const outcome = await oneRun(site, session, kind, tell, options.signal);
      runs.push({ run, ...outcome });
      await options.onRun?.({ run, ...outcome });
      if (outcome.back) continue;
      stopped = `calls did not come back within ${(kind.outageMs + giveUpMs) / 1000} s; repaired`;
      break;
    }
  } catch (error) {
    // What was measured so far is worth keeping.
    if (runs.length === 0) throw error;
    stopped = messageOf(error);
  } finally {
    await site.heal();
  }
  const result = summarise({
    drill: kind.name,
    lab: site.name,
    rate: options.rate,
    patience_ms: patienceMs,
    allowed_outage_ms: kind.outageMs,
    fatal: kind.fatal,
    stays: kind.stays ?? false,
    started,
    finished: new Date().toISOString(),
    logs: session.directory,
    stopped,
    runs,
  });
  await appendFile(join(site.directory, "drills.jsonl"), `${JSON.stringify(result)}\n`);
  // The callers' logs are evidence only when something went wrong.
  if (result.broken.length > 0 || options.keepLogs) session.keepLogs();
  await keep(site, result, { ...measured, startedBy: options.startedBy }, options.tell);
  return result;
}

async function oneRun(
  site: Site,
  session: Session,
  kind: DrillKind,
  tell: (text: string) => void,
  signal: AbortSignal,
): Promise<Omit<Run, "run">> {
  const { hosts } = await site.look();
  const roles = rolesOf(hosts);
  const targets = targetsOf(kind.steps, roles);
  tell(`${kind.title} (${targets.join(", ")})`);
  const outcome = await session.run(
    {
      inject: () => site.inject(kind.steps, roles, signal),
      holdMs: kind.holdMs,
      fatal: kind.fatal,
      survivors: hosts.filter((host) => host.role === "node").map((host) => host.name),
    },
    tell,
  );
  return { killed: targets.join(", "), ...outcome };
}

/** The database's copy. A drill that is over is worth its result even when no database takes it. */
async function keep(
  ground: Pick<Ground, "api" | "kind">,
  result: DrillResult,
  by: { release: string; config: string; startedBy: string },
  tell: (text: string) => void,
): Promise<void> {
  const record: DrillEvidence = {
    id: randomUUID(),
    kind: result.drill,
    place: ground.kind,
    runs: result.runs.length,
    started_at: result.started,
    finished_at: result.finished,
    release: by.release,
    config: by.config,
    started_by: by.startedBy,
    passed: result.broken.length === 0,
    aborted: result.stopped?.slice(0, 512) ?? null,
    summary: sentenceOf(result),
    figures: figuresOf(result),
    evidence: JSON.parse(JSON.stringify(result)) as DrillEvidence["evidence"], // plain data
  };
  try {
    await ground.api("POST", "/v1/drills", record);
  } catch (error) {
    tell(`the result is not in the database, only in drills.jsonl: ${messageOf(error)}`);
  }
}
