import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type HostContext, nodes } from "../cluster/facts.ts";
import type { Events } from "../telemetry/log.ts";
import { assess, problemsOf, type Verdict } from "./assess.ts";
import type { CaptureFile } from "./capture-files.ts";
import type { Job } from "./convert.ts";
import type { RecordingFiles } from "./files.ts";
import { type PeerClient, PeerError } from "./peer-client.ts";
import type { ConversionResult } from "./recording-schema.ts";
import { runConversion } from "./run-conversion.ts";
import { leaseSeconds, namesOf, type RecordingStore, type Row } from "./store.ts";

/** A recording that could not be made so often is given up; a person has to look. */
const maxFailures = 5;

type Record = NonNullable<Awaited<ReturnType<RecordingStore["record"]>>>;

/** Makes one recording: gathers its captures from all nodes, converts them, stores the result, writes it down. */
export class Maker {
  private readonly context: HostContext;
  private readonly store: RecordingStore;
  private readonly files: RecordingFiles;
  private readonly peers: PeerClient;
  private readonly events: Events;

  constructor(parts: {
    context: HostContext;
    store: RecordingStore;
    files: RecordingFiles;
    peers: PeerClient;
    events: Events;
  }) {
    this.context = parts.context;
    this.store = parts.store;
    this.files = parts.files;
    this.peers = parts.peers;
    this.events = parts.events;
  }

  /**
   * Works on one due row, if this node gets it.
   * @param stillOwner asked again before the result is written.
   * @throws Error when the database can not be used; the claim then runs out by itself.
   */
  async work(row: Row, stillOwner: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
    const id = row.id.toString("hex");
    const generation = await this.store.claim(row, this.context.self.name);
    if (generation === undefined) return;
    const attempts = row.attempts + 1;
    const record = await this.store.record(row.id);
    const captures = await this.gather(row.call_id);
    const verdict = assess({
      captures,
      involved: record ? [...new Set([...namesOf(record.nodes), record.origin])] : [],
      attempts,
      overMs: Date.now() - (record?.ended_at ?? row.created_at).getTime(),
    });
    // Nothing new at the nodes that were away: what was made stands.
    const remake = row.status === "ready";
    if (remake && verdict.action === "make" && !this.hasNews(row, verdict)) {
      const awaited = JSON.stringify(verdict.awaited);
      const done = verdict.awaited.length === 0;
      await this.store.release(row.id, generation, { awaited }, done ? 0 : 30);
      return;
    }
    if (verdict.action === "wait") {
      const { problem, alarm, seconds } = verdict;
      if (problem !== "") this.events.recordingWaits(id, problem);
      const kept = remake ? {} : { problem, alarm: alarm ? 1 : 0 };
      await this.store.release(row.id, generation, kept, seconds);
      return;
    }
    if (verdict.action === "missing") {
      if (remake) await this.store.release(row.id, generation, { awaited: "[]" }, 0);
      else await this.missing(row, generation, verdict.problem, record);
      return;
    }
    try {
      await this.make(row, generation, record, verdict, stillOwner, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const problem = error instanceof Error ? error.message.slice(0, 500) : String(error);
      const failed = attempts >= maxFailures && !remake;
      await this.store.release(
        row.id,
        generation,
        remake
          ? {}
          : { problem, ...(failed ? { status: "failed", alarm: 1, ...this.retention(record) } : {}) },
        Math.min(300, 5 * 2 ** Math.min(attempts, 6)),
      );
      if (failed) this.events.recordingAlarm(id, "failed", problem);
      else this.events.recordingWaits(id, problem);
    }
  }

  /** Was a node awaited that now has packets? */
  private hasNews(row: Row, verdict: Verdict & { action: "make" }): boolean {
    const awaited = namesOf(row.awaited);
    return verdict.use.some(({ node, file }) => file.kind === "packets" && awaited.includes(node));
  }

  private async gather(callId: string): Promise<Map<string, CaptureFile[] | { unreachable: string }>> {
    const { cluster, self } = this.context;
    const found = new Map<string, CaptureFile[] | { unreachable: string }>();
    await Promise.all(
      nodes(cluster).map(async ({ name }) => {
        try {
          const own = name === self.name;
          found.set(
            name,
            own ? await this.files.capturesOf(callId) : await this.peers.captures(name, callId),
          );
        } catch (error) {
          if (!(error instanceof PeerError)) throw error;
          found.set(name, { unreachable: error.message });
        }
      }),
    );
    return found;
  }

  /** When a recording of this call is to be deleted. */
  private retention(record: Record | undefined): { delete_after: Date | null } {
    const { keep_days, keep_days_by_rule } = this.context.cluster.recording;
    const days = keep_days_by_rule[record?.rule ?? ""] ?? keep_days;
    const from = record?.ended_at?.getTime() ?? Date.now();
    return { delete_after: days === 0 ? null : new Date(from + days * 86_400_000) };
  }

  private async missing(
    row: Row,
    generation: number,
    problem: string,
    record: Record | undefined,
  ): Promise<void> {
    const kept = await this.store.release(
      row.id,
      generation,
      { status: "missing", problem, alarm: 1, ...this.retention(record) },
      0,
    );
    if (kept) this.events.recordingAlarm(row.id.toString("hex"), "missing", problem);
  }

  private async make(
    row: Row,
    generation: number,
    record: Record | undefined,
    verdict: Verdict & { action: "make" },
    stillOwner: () => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<void> {
    const id = row.id.toString("hex");
    const lost = new AbortController();
    using _renewing = this.keepClaim(row.id, generation, lost);
    const work = await this.files.workspace(id, "make");
    try {
      const job = await this.job(work, record, verdict);
      const result = await runConversion(job, AbortSignal.any([signal, lost.signal]));
      if (result.empty) {
        await this.missing(row, generation, "the captures of the call hold no audio", record);
        return;
      }
      if (!(await stillOwner())) throw new Error("this node has lost the service address meanwhile");
      await this.keep(row, generation, record, verdict, job, result);
    } finally {
      await this.files.clear(work);
    }
  }

  /** Renews the claim until disposed of; `lost` aborts when somebody else has it. */
  private keepClaim(id: Buffer, generation: number, lost: AbortController): Disposable {
    const renew = async (): Promise<void> => {
      try {
        if (!(await this.store.renew(id, generation)))
          lost.abort(new Error("somebody else has taken this recording over"));
      } catch (error) {
        // No database just now: the claim is good for some time yet, and its loss shows at the end.
        this.events.recordingWork(error);
      }
    };
    const timer = setInterval(() => void renew(), (leaseSeconds * 1000) / 4);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
      },
    };
  }

  /** Brings all captures together. */
  private async job(
    work: string,
    record: Record | undefined,
    verdict: Verdict & { action: "make" },
  ): Promise<Job> {
    const { cluster, secrets, self } = this.context;
    const captures: Job["captures"] = [];
    const descriptions: string[] = [];
    for (const [index, { node, file }] of verdict.use.entries()) {
      let path = join(this.files.captures, file.path);
      if (node !== self.name) {
        path = join(work, "captures", String(index));
        await mkdir(join(work, "captures"), { recursive: true });
        await this.peers.fetchCapture(node, file.path, path);
      }
      if (file.kind === "packets") captures.push({ node, base: file.base, path });
      else descriptions.push(path);
    }
    return {
      work,
      captures,
      descriptions,
      caller: record?.source.replace(/:\d+$/, "") ?? "",
      recipient: cluster.recording.encrypt ? (secrets.recording?.recipient ?? null) : null,
    };
  }

  private async keep(
    row: Row,
    generation: number,
    record: Record | undefined,
    verdict: Verdict & { action: "make" },
    job: Job,
    result: ConversionResult,
  ): Promise<void> {
    const { self } = this.context;
    const id = row.id.toString("hex");
    const whole = row.wanted_by === "rule";
    const problems = problemsOf(result, { durationMs: record?.duration_ms ?? null, whole });
    if (verdict.problem !== "") problems.unshift(verdict.problem);
    const problem = problems.join("; ").slice(0, 512);
    await this.files.install(id, job.work, result.files);
    const kept = await this.store.release(
      row.id,
      generation,
      {
        status: "ready",
        problem,
        alarm: problem === "" ? 0 : 1,
        started_at: result.started_at === null ? null : new Date(result.started_at),
        duration_ms: result.duration_ms,
        codecs: result.codecs.join(",").slice(0, 128),
        rate: result.rate,
        encrypted: job.recipient === null ? 0 : 1,
        files: JSON.stringify(result.files),
        gaps: JSON.stringify(result.gaps.slice(0, 1000)),
        nodes: JSON.stringify(result.nodes),
        awaited: JSON.stringify(verdict.awaited),
        copies: JSON.stringify([self.name]),
        captures_removed: 0,
        ...this.retention(record),
      },
      verdict.awaited.length > 0 ? 30 : 0,
    );
    if (!kept) {
      // Deleted, or claimed by somebody else: what lies here now is nobody's.
      await this.files.remove(id);
      return;
    }
    const { duration_ms, codecs, gaps, nodes: from } = result;
    this.events.recordingMade(id, "ready", { duration_ms, codecs, gaps: gaps.length, nodes: from });
    if (problem !== "") this.events.recordingAlarm(id, "ready", problem);
  }
}
