import { z } from "zod";
import { messageOf } from "../../base/message.ts";
import { probeCredentials, probeUser } from "../../call/probe-user.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { askSocket } from "../../http/socket.ts";
import { ProbeTelephone } from "../../probe/telephone.ts";
import type { FunctionalReport } from "../../report/standing.ts";

const everyMs = 5000;
/** After a failure: soon enough to know within seconds whether it was one of many. */
const againMs = 2000;
const sipMs = 3000;
/** Journal → shipper → database → read back. */
const storedMs = 4000;
const lookMs = 150;

const answerSchema = z.object({ call_id: z.string().nullable() });

/**
 * The functional test of this node: registration with a password, a call through the SIP server decided by the app, its
 * end in the journal and from there in the database, read back. Costs: bench/functional.ts.
 */
export class FunctionalTest {
  private readonly context: HostContext;
  /** May it be tried now? The parts that it needs are probed by themselves; their absence is no news. */
  private readonly ready: () => { sip: boolean; ledger: boolean };
  private telephone: ProbeTelephone | undefined;
  private result: { at: number; ms: number; detail: string } | undefined;
  private failures = 0;
  private storeFailures = 0;
  private running = false;
  private nextAt = 0;

  constructor(context: HostContext, ready: () => { sip: boolean; ledger: boolean }) {
    this.context = context;
    this.ready = ready;
  }

  /** One step; called often, never waits. */
  tick(now: number): void {
    if (this.running || now < this.nextAt) return;
    const ready = this.ready();
    if (!ready.sip) {
      // What can not be tried has not failed.
      this.result = undefined;
      this.failures = 0;
      this.storeFailures = 0;
      return;
    }
    this.running = true;
    void this.run(ready.ledger).finally(() => {
      this.running = false;
      const failing = this.failures + this.storeFailures > 0;
      this.nextAt = performance.now() + (failing ? againMs : everyMs);
    });
  }

  private async run(ledger: boolean): Promise<void> {
    const began = performance.now();
    try {
      const callId = await this.call();
      const ms = performance.now() - began;
      this.failures = 0;
      const why = ledger ? await this.stored(callId) : undefined;
      this.storeFailures = why === undefined ? 0 : this.storeFailures + 1;
      const took = `registered, called, hung up in ${ms.toFixed(0)} ms`;
      this.result = {
        at: performance.now(),
        ms,
        detail: why ?? (ledger ? `${took}, event read back` : `${took}; the database was not asked`),
      };
    } catch (error) {
      this.failures++;
      this.result = { at: performance.now(), ms: performance.now() - began, detail: messageOf(error) };
      // A new socket now and then: what fails may be ours.
      if (this.failures % 5 === 0) this.close();
    }
  }

  private async call(): Promise<string> {
    const { self, cluster } = this.context;
    const user = probeUser(self.name);
    const credentials = probeCredentials(this.context).get(user);
    if (!credentials) throw new Error(`${self.name} is no node`);
    const server = { address: self.address, port: cluster.sip.port };
    this.telephone ??= await ProbeTelephone.open(server, user, credentials);
    const signal = AbortSignal.timeout(sipMs);
    await this.telephone.register(signal);
    return this.telephone.call(signal);
  }

  /** Undefined: the call's event is in the database; otherwise why not. */
  private async stored(callId: string): Promise<string | undefined> {
    const until = performance.now() + storedMs;
    let why = "is not in the database";
    do {
      await new Promise((resolve) => setTimeout(resolve, lookMs));
      try {
        const answer = await askSocket(runFiles(this.context.dirs).appSocket, "GET", "/v1/probe");
        if (answerSchema.parse(answer).call_id === callId) return undefined;
      } catch (error) {
        why = `can not be read back: ${messageOf(error).slice(0, 200)}`;
      }
    } while (performance.now() < until);
    return `the call's event ${why} after ${storedMs / 1000} s`;
  }

  /** Undefined: nothing could be tried yet. */
  report(): FunctionalReport | undefined {
    if (!this.result) return undefined;
    const { at, ms, detail } = this.result;
    return {
      ok: this.failures === 0,
      failures: this.failures,
      storeFailures: this.storeFailures,
      detail,
      ms: Math.round(ms),
      ageMs: Math.round(performance.now() - at),
    };
  }

  close(): void {
    this.telephone?.close();
    this.telephone = undefined;
  }
}
