import { setTimeout as delay } from "node:timers/promises";
import writeFileAtomic from "write-file-atomic";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import {
  type KeptCertificate,
  keptCertificateFile,
  readKept,
  sealedKey,
} from "../cluster/web-certificate.ts";
import type { AcmeOrders } from "./acme.ts";
import { namesOf, usedOf, whyGenerate } from "./due.ts";
import { issueWebCertificate } from "./issue.ts";
import type { CertificateStore } from "./store.ts";

/** A certificate that another node stored is known here so soon. */
const lookMs = 10_000;

export interface KeeperParts {
  context: Pick<HostContext, "cluster" | "secrets" | "dirs">;
  store: CertificateStore;
  acme: Pick<AcmeOrders, "round">;
  /** Does this node hold the service address, and nobody else that it sees? @throws when nobody can say */
  holds(): Promise<boolean>;
  /** There are tables. */
  ready(): boolean;
  events: {
    certificateKept(kind: string): void;
    certificateMade(why: string): void;
    certificatesWait(error: unknown): void;
  };
}

/**
 * Keeps on every node what browsers are to get there, where the agent finds it (agent/chores/web-certificate.ts); and, on the holder of
 * the service address, has a generated one made anew in time.
 */
export class CertificateKeeper {
  private readonly parts: KeeperParts;
  private kept: KeptCertificate | undefined;
  private told = "";
  private wake: () => void = () => {};

  constructor(parts: KeeperParts) {
    this.parts = parts;
  }

  /** Looks again at once: something was stored. */
  changed(): void {
    this.wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { events } = this.parts;
    while (!signal.aborted) {
      // From here on: what changes while it looks is not missed.
      const woken = new AbortController();
      this.wake = () => woken.abort();
      let pauseMs = lookMs;
      try {
        if (this.parts.ready()) pauseMs = await this.round();
        this.told = "";
      } catch (error) {
        if (this.told !== messageOf(error) && !signal.aborted) events.certificatesWait(error);
        this.told = messageOf(error);
      }
      const pause = { signal: AbortSignal.any([signal, woken.signal]) };
      await delay(pauseMs, undefined, pause).catch(() => {}); // woken; or aborted: the loop ends
    }
  }

  /** @returns when to look again, ms */
  private async round(): Promise<number> {
    const { context, store, acme, holds, events } = this.parts;
    const { cluster, secrets } = context;
    const rows = await store.all();
    const used = usedOf(rows, cluster);
    // Where another one is used, nobody sees that this one ends.
    if (used === undefined || used.kind === "generated") {
      const why = whyGenerate(used, cluster, secrets.tls.ca, Date.now());
      if (why !== undefined && (await holds())) {
        const { certificate, key } = await issueWebCertificate(secrets.tls, namesOf(cluster), new Date());
        await store.put({ kind: "generated", certificate, key: sealedKey(secrets, certificate, key) });
        events.certificateMade(why);
        await this.keep(usedOf(await store.all(), cluster));
        return 0;
      }
    }
    await this.keep(used);
    // Where a given one is used, an authority is left alone.
    if (used?.kind === "given") return lookMs;
    const { changed, afterMs = lookMs } = await acme.round(rows.find(({ kind }) => kind === "acme"));
    return changed ? 0 : afterMs;
  }

  private async keep(used: KeptCertificate | undefined): Promise<void> {
    if (!used) return;
    const { context, events } = this.parts;
    // What is there can not be read: it is written again.
    this.kept ??= await readKept(context.dirs).catch(() => undefined);
    const same =
      this.kept?.kind === used.kind &&
      this.kept.certificate === used.certificate &&
      this.kept.key === used.key;
    if (same) return;
    await writeFileAtomic(keptCertificateFile(context.dirs), JSON.stringify(used), { mode: 0o600 });
    this.kept = used;
    events.certificateKept(used.kind);
  }
}
