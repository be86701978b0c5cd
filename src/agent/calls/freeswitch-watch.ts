import { type FreeswitchHost, freeswitchHosts, type HostContext, serviceIp } from "../../cluster/facts.ts";
import { SipAsker } from "../../components/kamailio/options.ts";
import type { FreeswitchSeen } from "../../report/freeswitch.ts";

/**
 * Do the FreeSWITCH hosts answer OPTIONS (RFC 3261 11)? The holder of the service address asks, from there, as calls come from
 * there. To whom calls go is not decided by this: farms find out for themselves (carrier-watch.ts).
 */

/** How often, and how long an answer may take, ms. */
const usualPace = { everyMs: 2000, patienceMs: 1000 };
/** One packet may be lost. */
const enoughMisses = 3;

/** What is known of one host. */
export interface Heard {
  answers: boolean;
  since: number;
  /** Without an answer, in a row. */
  misses: number;
}

/** Silence is believed the third time, an answer at once. Pure. @param now ms, monotonic */
export function heardOf(before: Heard | undefined, answered: boolean, now: number): Heard {
  if (answered) return { answers: true, since: before?.answers ? before.since : now, misses: 0 };
  const misses = (before?.misses ?? 0) + 1;
  if (before === undefined) return { answers: true, since: now, misses };
  if (!before.answers || misses < enoughMisses) return { ...before, misses };
  return { answers: false, since: now, misses };
}

export class FreeswitchWatch {
  private readonly tell: (subject: string, text: string) => void;
  private readonly hosts: readonly FreeswitchHost[];
  private readonly from: string;
  private readonly pace: typeof usualPace;
  private readonly askers = new Map<string, SipAsker>();
  private readonly heard = new Map<string, Heard>();
  private busy = false;
  private nextAt = 0;

  constructor(context: HostContext, tell: (subject: string, text: string) => void, pace = usualPace) {
    const { cluster } = context;
    this.tell = tell;
    this.pace = pace;
    this.hosts = freeswitchHosts(cluster);
    this.from = serviceIp(cluster);
  }

  /** Called with each tick of the agent. @param looks this host has the service address */
  tick(looks: boolean): void {
    if (this.hosts.length === 0) return;
    if (!looks) this.rest();
    const now = performance.now();
    if (!looks || this.busy || now < this.nextAt) return;
    this.busy = true;
    this.nextAt = now + this.pace.everyMs;
    void this.look();
  }

  /** Undefined: none is known of. */
  report(): FreeswitchSeen | undefined {
    if (this.heard.size === 0) return undefined;
    const now = performance.now();
    return this.hosts.flatMap(({ name: host, address, sipPort: port }) => {
      const heard = this.heard.get(host);
      if (!heard) return [];
      return [{ host, address, port, answers: heard.answers, sinceMs: Math.round(now - heard.since) }];
    });
  }

  /** Another host asks: what was learnt here may be old when this one does again. */
  private rest(): void {
    this.heard.clear();
    for (const asker of this.askers.values()) asker.close();
    this.askers.clear();
  }

  private askerOf({ name, address, sipPort }: FreeswitchHost): SipAsker {
    const known = this.askers.get(name) ?? new SipAsker(address, sipPort, this.from);
    this.askers.set(name, known);
    return known;
  }

  private async look(): Promise<void> {
    const signal = AbortSignal.timeout(this.pace.patienceMs);
    await Promise.all(
      this.hosts.map(async (host) => {
        const { name, address, sipPort } = host;
        const asker = this.askerOf(host);
        const answered = await asker.ask(signal).then(
          () => true,
          () => false,
        );
        // It lost the address meanwhile.
        if (this.askers.get(name) !== asker) return;
        const before = this.heard.get(name);
        const heard = heardOf(before, answered, performance.now());
        if (before && before.answers !== heard.answers)
          this.tell(
            name,
            heard.answers ? "answers again" : `does not answer OPTIONS at ${address}:${sipPort}`,
          );
        this.heard.set(name, heard);
      }),
    );
    this.busy = false;
  }
}
