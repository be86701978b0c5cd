import { messageOf } from "../../base/message.ts";
import { type HostContext, serviceIp } from "../../cluster/facts.ts";
import { SipAsker } from "../../components/kamailio/options.ts";
import type { OutsideReport } from "../../report/standing.ts";

const everyMs = 1000;
const deadlineMs = 800;

/**
 * Does the service address answer SIP as seen from here, a host that does not hold it? The holder itself can not tell:
 * its own packets never leave it.
 */
export class OutsideView {
  private readonly service: SipAsker;
  private last: { at: number; since: number; failures: number; detail: string } | undefined;
  private busy = false;
  private nextAt = 0;

  constructor(context: HostContext) {
    this.service = new SipAsker(serviceIp(context.cluster), context.cluster.sip.port);
  }

  /** One step; called often, never waits. */
  tick(now: number, holds: boolean): void {
    if (holds && this.last) this.service.close();
    if (holds) this.last = undefined;
    if (holds || this.busy || now < this.nextAt) return;
    this.busy = true;
    this.service
      .ask(AbortSignal.timeout(deadlineMs))
      .then(({ code, ms }) =>
        this.note(code === 200 ? undefined : `SIP OPTIONS is answered with ${code}`, ms),
      )
      .catch((error: unknown) => this.note(messageOf(error), 0))
      .finally(() => {
        this.busy = false;
        this.nextAt = performance.now() + everyMs;
      });
  }

  private note(problem: string | undefined, ms: number): void {
    const at = performance.now();
    const before = this.last;
    const changed = !before || before.failures > 0 !== (problem !== undefined);
    this.last = {
      at,
      since: changed ? at : before.since,
      failures: problem === undefined ? 0 : (before?.failures ?? 0) + 1,
      detail: problem ?? `answers in ${ms.toFixed(1)} ms`,
    };
  }

  /** Undefined: not looked yet, or this host holds the address. */
  report(): OutsideReport | undefined {
    if (!this.last) return undefined;
    const now = performance.now();
    const { at, since, failures, detail } = this.last;
    return { failures, detail, ageMs: Math.round(now - at), sinceMs: Math.round(now - since) };
  }
}
