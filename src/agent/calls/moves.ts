import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { WriteBehind } from "../../base/behind.ts";
import { messageOf } from "../../base/message.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { askSocket } from "../../http/socket.ts";
import type { Move } from "../../records/move-schema.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { Pulse } from "../observe/pulse.ts";

/**
 * How long callers were without the service address, each time that it came here: the new holder knows when it came, and
 * when it last heard the former one well. Kept on disk until the database has it; call records state it.
 */

/** Until a hung relay is called sick (its probe, components/rtpengine): so much longer than we know it was silent. */
const relayBlindMs = 1000;
const sendEveryMs = 1000;

/** The last holder as it was heard. Moments of the monotonic clock, ms. */
export interface LastHolder {
  host: string;
  /** When it was last known to hold the address with a healthy relay. */
  wellAt: number;
  /** Its relay was sick when last heard. */
  sick: boolean;
}

/**
 * At most so long there was no holder with a working relay, in ms. By plan both had the address for a moment: 0. Pure.
 * @param now when the address was gained
 */
export const gapAtMost = (last: LastHolder, byPlan: boolean, now: number): number =>
  byPlan ? 0 : Math.ceil(now - last.wellAt) + (last.sick ? relayBlindMs : 0);

/** What a report or a pulse says about the last holder; `at`: when it was said. Pure. */
export function lastHolderAfter(
  last: LastHolder | undefined,
  {
    host,
    holds,
    parts,
  }: { host: string; holds: boolean; parts: { rtpengine?: { ok: boolean } | undefined } },
  at: number,
): LastHolder | undefined {
  if (!holds) return last;
  const known = last?.host === host ? last.wellAt : undefined;
  const well = parts.rtpengine?.ok ?? true;
  return { host, wellAt: well ? Math.max(at, known ?? at) : (known ?? at), sick: !well };
}

export class Moves {
  private readonly context: HostContext;
  private readonly file: string;
  private readonly failed: (why: string) => void;
  private readonly kept: WriteBehind;
  private last: LastHolder | undefined;
  private waiting: Move[] = [];
  private sending = false;
  private nextAt = 0;
  private told = "";

  constructor(context: HostContext, failed: (why: string) => void) {
    this.context = context;
    this.file = join(context.dirs.data, "moves.json");
    this.failed = failed;
    this.kept = new WriteBehind(
      (text) => writeFileAtomic(this.file, text),
      (error) => failed(messageOf(error)),
    );
    if (existsSync(this.file)) this.waiting = JSON.parse(readFileSync(this.file, "utf8")) as Move[]; // written by us
  }

  /** A report of another node, or of this one. */
  heard(report: Pick<HostReport, "host" | "holds" | "parts">): void {
    this.last = lastHolderAfter(this.last, report, performance.now());
  }

  /** A pulse of another node, sent `at`: between two of its reports lie seconds. */
  pulsed({ host, holds, parts: { rtpengine } }: Pulse, at: number): void {
    const parts = rtpengine === undefined ? {} : { rtpengine: { ok: rtpengine } };
    this.last = lastHolderAfter(this.last, { host, holds, parts }, at);
  }

  /** The address has come to this host. */
  gained(byPlan: boolean): void {
    const { last } = this;
    if (!last) return;
    const gap_ms = gapAtMost(last, byPlan, performance.now());
    const { name } = this.context.self;
    const at = new Date().toISOString();
    this.waiting.push({ id: randomUUID(), at, from: last.host, to: name, by_plan: byPlan, gap_ms });
    this.keep();
  }

  /** With each tick; `appOk`: the own app answers. */
  tick(now: number, appOk: boolean): void {
    if (this.sending || !appOk || this.waiting.length === 0 || now < this.nextAt) return;
    this.sending = true;
    this.nextAt = now + sendEveryMs;
    this.send()
      .then(() => {
        this.told = "";
      })
      .catch((error: unknown) => {
        // The database is away during many a takeover: it comes later. Said once for each reason.
        if (this.told !== messageOf(error)) this.failed(messageOf(error));
        this.told = messageOf(error);
      })
      .finally(() => {
        this.sending = false;
      });
  }

  private async send(): Promise<void> {
    for (const move of [...this.waiting]) {
      await askSocket(runFiles(this.context.dirs).appSocket, "POST", "/v1/moves", { body: move });
      this.waiting = this.waiting.filter((other) => other.id !== move.id);
      this.keep();
    }
  }

  private keep(): void {
    this.kept.put(JSON.stringify(this.waiting));
  }
}
