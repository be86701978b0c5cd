import { statfs } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Decision } from "../call/contract.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Events } from "../telemetry/log.ts";

/** ok: record. full: no new recordings. critical: stop those that run. */
export type SpaceState = "ok" | "full" | "critical";

const everyMs = 2000;
const mb = 1024 * 1024;
/** More than the limit must be free before recording begins again, so that it does not flap. */
const hysteresis = 1.1;

/** What the space that is left means. Pure. @param freeMb of the fullest disk that recordings need. */
export function spaceState(
  before: SpaceState,
  freeMb: number,
  limits: { min_free_mb: number; stop_free_mb: number },
): SpaceState {
  if (freeMb < limits.stop_free_mb) return "critical";
  if (freeMb < limits.min_free_mb) return "full";
  return before !== "ok" && freeMb < limits.min_free_mb * hysteresis ? "full" : "ok";
}

/** The decision, as far as there is space for it: what can not be recorded is said, and the call goes on. Pure. */
export const withinSpace = (decision: Decision, state: SpaceState): Decision =>
  state !== "ok" && decision.action === "route" && decision.record
    ? { ...decision, record_refused: true }
    : decision;

/** Watches the space that recordings need, so that they never take what calls, journal and database need. */
export class SpaceGuard {
  state: SpaceState = "ok";
  freeMb = Number.POSITIVE_INFINITY;
  private readonly context: HostContext;
  private readonly places: string[];
  private readonly events: Events;
  private readonly stopAll: () => Promise<void>;

  /** @param places directories whose disks must have space. @param stopAll stops all recordings of this node. */
  constructor(context: HostContext, places: string[], events: Events, stopAll: () => Promise<void>) {
    this.context = context;
    this.places = places;
    this.events = events;
    this.stopAll = stopAll;
  }

  /** For the health document. */
  problem(): string | undefined {
    if (this.state === "ok") return undefined;
    return `${this.freeMb} MB left for recordings: ${this.state === "full" ? "new calls are not recorded" : "recording is stopped"}`;
  }

  /** What is decided for a call, by the space that is left now. */
  apply(decision: Decision): Decision {
    const result = withinSpace(decision, this.state);
    if (result !== decision) this.events.recordingRefused();
    return result;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await delay(everyMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  async look(): Promise<void> {
    const free = await Promise.all(this.places.map((place) => freeIn(place)));
    const bytes = Math.min(...free);
    this.freeMb = Math.floor(bytes / mb);
    this.events.recordingSpace(bytes);
    const before = this.state;
    this.state = spaceState(before, this.freeMb, this.context.cluster.recording);
    if (this.state !== before) this.events.recordingGuard(this.state, this.freeMb);
    if (this.state === "critical")
      await this.stopAll().catch((error: unknown) => this.events.recordingWork(error));
  }
}

async function freeIn(place: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch (error) {
    // Not made yet: rtpengine or the app does that at its start.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Number.POSITIVE_INFINITY;
    throw error;
  }
}
