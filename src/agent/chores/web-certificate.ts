import { stat } from "node:fs/promises";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import {
  fingerprintOf,
  keptCertificateFile,
  type WebCertificate,
  webCertificateOf,
} from "../../cluster/web-certificate.ts";
import {
  replaceCertificate,
  type ShownCertificate,
  shownCertificate,
} from "../../components/haproxy/admin.ts";
import { writeCertificate } from "../../components/haproxy/index.ts";
import type { WebReport } from "../../report/web.ts";

/**
 * Gives this host's HAProxy the certificate that the app keeps, whenever that is another one, without ending a connection; and looks
 * what browsers get.
 */

const lookEveryMs = 2000;
/** What browsers get is looked at so often although nothing has changed. */
const showEveryMs = 60_000;
/** A certificate that was not taken is tried again after so long. */
const againMs = 30_000;
const deadlineMs = 2000;

export class WebCertificateKeeper {
  private readonly context: HostContext;
  private readonly tell: (subject: string, text: string) => void;
  private wanted: (WebCertificate & { fingerprint: string }) | undefined;
  /** Of the file when it was read. */
  private readOf = "";
  private shown: ShownCertificate | undefined;
  private problem: string | undefined;
  private busy = false;
  private nextAt = 0;
  private showAt = 0;
  private triedAt = Number.NEGATIVE_INFINITY;

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    this.context = context;
    this.tell = tell;
  }

  /** Called with each tick of the agent; never waits. @param serves HAProxy answers */
  tick(serves: boolean): void {
    const now = performance.now();
    if (!serves) {
      this.shown = undefined;
      this.showAt = 0;
      return;
    }
    if (this.busy || now < this.nextAt) return;
    this.busy = true;
    this.nextAt = now + lookEveryMs;
    void this.look(now);
  }

  /** Undefined: HAProxy does not run, or was not looked at yet. */
  report(): WebReport | undefined {
    if (!this.shown || !this.wanted) return undefined;
    const { kind } = this.wanted;
    return { kind, ...this.shown, ...(this.problem !== undefined && { problem: this.problem }) };
  }

  private async look(now: number): Promise<void> {
    try {
      await this.read();
      if (now >= this.showAt) await this.show(now);
      if (this.wanted && this.shown && this.shown.fingerprint !== this.wanted.fingerprint) {
        if (now - this.triedAt < againMs) return;
        this.triedAt = now;
        await this.give(this.wanted, now);
      }
      this.now(undefined);
    } catch (error) {
      this.now(messageOf(error));
    } finally {
      this.busy = false;
    }
  }

  /** The timeline hears of a problem once. */
  private now(problem: string | undefined): void {
    if (problem !== undefined && problem !== this.problem) this.tell("certificate", problem);
    this.problem = problem;
  }

  private async read(): Promise<void> {
    const found = await stat(keptCertificateFile(this.context.dirs)).catch(() => undefined);
    const of = found ? `${found.mtimeMs} ${found.size} ${found.ino}` : "none";
    if (of === this.readOf) return;
    const certificate = await webCertificateOf(this.context);
    this.wanted = { ...certificate, fingerprint: fingerprintOf(certificate.certificate) };
    this.readOf = of;
    this.triedAt = Number.NEGATIVE_INFINITY;
  }

  private async show(now: number): Promise<void> {
    this.shown = await shownCertificate(this.context, AbortSignal.timeout(deadlineMs));
    this.showAt = now + showEveryMs;
  }

  private async give(wanted: WebCertificate & { fingerprint: string }, now: number): Promise<void> {
    await replaceCertificate(this.context, wanted, AbortSignal.timeout(deadlineMs));
    await writeCertificate(this.context, wanted);
    await this.show(now);
    if (this.shown?.fingerprint !== wanted.fingerprint)
      throw new Error("HAProxy took the certificate, and shows another one");
    this.triedAt = Number.NEGATIVE_INFINITY;
    const until = new Date(this.shown.ends).toISOString().slice(0, 10);
    this.tell("certificate", `browsers get another one (${wanted.kind}), good until ${until}`);
  }
}
