import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../base/message.ts";
import { type HostContext, nodes } from "../cluster/facts.ts";
import { callRefOf } from "../records/build-record.ts";
import type { Events } from "../telemetry/log.ts";
import { listCaptures } from "./capture-files.ts";
import type { RecordingFiles } from "./files.ts";
import type { Maker } from "./maker.ts";
import { type AddressWatch, type Claim, whyNotOwner } from "./owner.ts";
import type { PeerClient } from "./peer-client.ts";
import { filesOf, namesOf, type RecordingStore, type Row } from "./store.ts";

const makeMs = 2000;
const tidyMs = 5000;
/** A node that could not be reached is left alone for so long. */
const avoidMs = 5000;
/** A capture that nobody asked for after so long belongs to no recording (a call that was never answered). */
const orphanMs = 48 * 3_600_000;

/**
 * The owner's work on recordings, done only by the node that holds the service address: making, copying to the other
 * nodes, deleting. Every step can be repeated; what is half done at a crash is done again from its beginning.
 */
export class RecordingWorker {
  private readonly context: HostContext;
  private readonly store: RecordingStore;
  private readonly files: RecordingFiles;
  private readonly peers: PeerClient;
  private readonly watch: AddressWatch;
  private readonly maker: Maker;
  private readonly events: Events;
  private readonly avoid = new Map<string, number>();
  private told: string | undefined;

  constructor(parts: {
    context: HostContext;
    store: RecordingStore;
    files: RecordingFiles;
    peers: PeerClient;
    watch: AddressWatch;
    maker: Maker;
    events: Events;
  }) {
    this.context = parts.context;
    this.store = parts.store;
    this.files = parts.files;
    this.peers = parts.peers;
    this.watch = parts.watch;
    this.maker = parts.maker;
    this.events = parts.events;
  }

  /** Works until `signal` aborts. Making is slow and has a loop of its own; the rest must not wait for it. */
  async run(signal: AbortSignal): Promise<void> {
    await this.files.clearWork();
    await Promise.all([
      this.loop(signal, makeMs, () => this.makeDue(signal)),
      this.loop(signal, tidyMs, () => this.tidy()),
    ]);
  }

  private async loop(signal: AbortSignal, everyMs: number, work: () => Promise<void>): Promise<void> {
    while (!signal.aborted) {
      try {
        await work();
        this.told = undefined;
      } catch (error) {
        const text = messageOf(error);
        if (this.told !== text && !signal.aborted) this.events.recordingWork(error);
        this.told = text;
      }
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  /** What this node may say of itself, if it is the one to do the work. */
  private async claim(): Promise<Claim | undefined> {
    const view = await this.watch.view();
    return whyNotOwner(view) === undefined ? { host: view.host, term: view.term } : undefined;
  }

  // The agent is asked only when there is something to do: nearly always there is not.

  private async makeDue(signal: AbortSignal): Promise<void> {
    const closed = await this.store.closedCalls();
    const due = await this.store.due();
    if (closed.length === 0 && due.length === 0) return;
    const claim = await this.claim();
    if (!claim) return;
    await this.store.markPending(closed);
    const stillOwner = async (): Promise<boolean> => (await this.claim())?.term === claim.term;
    for (const row of due) {
      if (signal.aborted || !(await stillOwner())) return;
      await this.maker.work(row, stillOwner, signal);
    }
  }

  private async tidy(): Promise<void> {
    const names = nodes(this.context.cluster).map((node) => node.name);
    const expired = await this.store.expired();
    const toRemove = await this.store.toRemove();
    const unsettled = await this.store.unsettled(names);
    const alarms = await this.store.alarms();
    if (expired.length + toRemove.length + unsettled.length + alarms === 0) {
      this.events.recordingAlarms(0);
      return;
    }
    const claim = await this.claim();
    if (!claim) return;
    for (const row of expired)
      if (await this.store.markDeleted(row.id, "retention"))
        this.events.recordingDeleted(
          row.id.toString("hex"),
          "retention",
          filesOf(row).map((file) => file.name),
        );
    for (const row of toRemove) await this.remove(claim, row, names);
    for (const row of unsettled) await this.settle(claim, row, names);
    this.events.recordingAlarms(alarms);
  }

  /** Tries something at another node; one that does not answer is not asked again for a while. */
  private async at(node: string, work: () => Promise<void>): Promise<boolean> {
    if ((this.avoid.get(node) ?? 0) > performance.now()) return false;
    try {
      await work();
      this.avoid.delete(node);
      return true;
    } catch (error) {
      // Told once for each time that it is away.
      if (!this.avoid.has(node)) this.events.recordingWork(error);
      this.avoid.set(node, performance.now() + avoidMs);
      return false;
    }
  }

  /** Gets the files to every node, then removes the captures they were made of. */
  private async settle(claim: Claim, row: Row, names: string[]): Promise<void> {
    const id = row.id.toString("hex");
    const files = filesOf(row);
    const { name: self } = this.context.self;
    const copies = new Set(namesOf(row.copies));
    if (!copies.has(self)) {
      if (!(await this.fetchBack(id, row))) return;
      copies.add(self);
    }
    for (const node of names)
      if (!copies.has(node) && (await this.at(node, () => this.peers.tellToFetch(node, claim, id, files)))) {
        copies.add(node);
        this.events.recordingCopied(id, node);
      }
    const text = JSON.stringify([...copies].sort());
    if (text !== row.copies && !(await this.store.change(row.id, row.generation, { copies: text }))) return;
    if (!names.every((node) => copies.has(node)) || row.awaited !== "[]" || row.captures_removed === 1)
      return;
    if (await this.removeEverywhere(claim, row, names, false))
      await this.store.change(row.id, row.generation, { captures_removed: 1 });
  }

  /** A recording that a former owner made and could not pass on: its digest is known, so it can be had from anybody. */
  private async fetchBack(id: string, row: Row): Promise<boolean> {
    const files = filesOf(row);
    if (await this.files.has(id, files)) return true;
    for (const node of namesOf(row.copies)) {
      const work = await this.files.workspace(id, "fetch");
      const done = await this.at(node, async () => {
        for (const file of files) await this.peers.fetchFile(node, id, file, `${work}/${file.name}`);
        await this.files.install(id, work, files);
      });
      await this.files.clear(work);
      if (done) return true;
    }
    return false;
  }

  private async remove(claim: Claim, row: Row, names: string[]): Promise<void> {
    if (await this.removeEverywhere(claim, row, names, true)) await this.store.removed(row.id);
  }

  /** @returns true when every node has removed the captures (and the recording itself). */
  private async removeEverywhere(
    claim: Claim,
    row: Row,
    names: string[],
    recording: boolean,
  ): Promise<boolean> {
    const what = { id: row.id.toString("hex"), call_id: row.call_id, recording };
    let everywhere = true;
    for (const node of names) {
      if (node === this.context.self.name) {
        if (recording) await this.files.remove(what.id);
        await this.files.removeCaptures(row.call_id);
      } else if (!(await this.at(node, () => this.peers.tellToRemove(node, claim, what)))) everywhere = false;
    }
    return everywhere;
  }

  /**
   * Every node for itself: captures that belong to no recording (calls that were never answered). Their files say
   * nothing about a conversation, so nobody needs to be asked. @returns what was removed.
   */
  async pruneOrphans(): Promise<string[]> {
    const old = (await listCaptures(this.files.captures)).filter((file) => file.quietMs > orphanMs);
    const removed: string[] = [];
    for (const callId of new Set(old.map((file) => file.callId))) {
      const row = await this.store.db
        .selectFrom("recordings")
        .select("captures_removed")
        .where("call_ref", "=", callRefOf(callId))
        .executeTakeFirst();
      if (!row || row.captures_removed === 1) removed.push(...(await this.files.removeCaptures(callId)));
    }
    return removed;
  }
}
