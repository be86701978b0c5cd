import { stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";

/**
 * Kamailio writes each message that it does not understand into its log, whole and several times (2 kB on average): who
 * sends rubbish fills the disk, and the notes of everything else are gone with the next rotation. While the log grows so,
 * it is told to write only what is critical.
 */

const everyMs = 2000;
/** Bytes between two looks: a hundred malformed messages a second, and no fault writes so much. */
const floodBytes = 400_000;
const quietMs = 60_000;
/** So many looks in a row that failed are told: one alone may have met a start. */
const tellAfter = 3;
/** Kamailio's levels: errors are -1, notices 1 (components/kamailio/core.ts). */
const levels = { critical: -2, usual: 1 } as const;

export interface Quiet {
  /** Of the log at the last look, bytes. */
  size: number;
  /** Until when only what is critical is written; undefined: all is. */
  until?: number;
}

/** What to do after a look. Pure. @param now monotonic, ms */
export function quietness(
  last: Quiet | undefined,
  size: number,
  now: number,
): { next: Quiet; level?: keyof typeof levels } {
  const grown = last === undefined || size < last.size ? 0 : size - last.size;
  if (last?.until !== undefined) {
    if (now < last.until) return { next: { size, until: last.until } };
    return { next: { size }, level: "usual" };
  }
  if (grown < floodBytes) return { next: { size } };
  return { next: { size, until: now + quietMs }, level: "critical" };
}

/** Looks every 2 s, never blocks the agent. */
export class LogFlood {
  private readonly context: HostContext;
  private readonly tell: (text: string) => void;
  private last: Quiet | undefined;
  private busy = false;
  private failed = 0;
  private nextAt = 0;

  constructor(context: HostContext, tell: (text: string) => void) {
    this.context = context;
    this.tell = tell;
  }

  /** @param runs whether Kamailio does: another one begins with the usual level */
  tick(now: number, runs: boolean): void {
    if (!runs) this.last = undefined;
    if (!runs || this.busy || now < this.nextAt) return;
    this.busy = true;
    this.look(now)
      .then(
        () => {
          this.failed = 0;
        },
        (error: unknown) => {
          this.failed++;
          if (this.failed === tellAfter)
            this.tell(`the SIP server's log is not kept from being filled: ${messageOf(error)}`);
        },
      )
      .finally(() => {
        this.busy = false;
        this.nextAt = performance.now() + everyMs;
      });
  }

  private async look(now: number): Promise<void> {
    const { size } = await stat(join(this.context.dirs.log, "kamailio.log"));
    const { next, level } = quietness(this.last, size, now);
    if (level) {
      await kamailioRpc(this.context, "corex.debug", [levels[level]], AbortSignal.timeout(1000));
      if (level === "critical")
        this.tell(
          "strangers send what is no SIP: for a minute the SIP server writes no errors into its log, which they would fill",
        );
    }
    this.last = next;
  }
}
