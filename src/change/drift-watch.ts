import { readFileSync } from "node:fs";
import { messageOf } from "../base/message.ts";
import { type HostContext, peersOf } from "../cluster/facts.ts";
import { PeerReader } from "../http/peer-reader.ts";
import type { Drift } from "../report/drift.ts";
import type { HostReport } from "../report/host-report.ts";
import type { PartName } from "../report/parts.ts";
import { type HostConfiguration, hostConfiguration, ownFiles } from "./configuration.ts";
import { driftBetween, ownDrift } from "./drift.ts";

/** Looks at the own files, and at a peer whose configuration or release is another one, so often. */
const everyMs = 10_000;
const deadlineMs = 3000;

/** Keeps an eye on what this host was started with, what lies on its disk, and what the others have. */
export class DriftWatch {
  private readonly context: HostContext;
  private readonly reader: PeerReader;
  private readonly running: () => PartName[];
  private readonly tell: (subject: string, text: string) => void;
  /** cluster.yaml as this agent read it. */
  readonly text: string;
  private own: Drift[] = [];
  /** What differs from each peer, and of which of its configurations and releases that was said. */
  private readonly between = new Map<string, { of: string; drift: Drift[] }>();
  private looking = false;
  private due = 0;

  constructor(
    context: HostContext,
    running: () => PartName[],
    tell: (subject: string, text: string) => void,
  ) {
    this.context = context;
    this.running = running;
    this.tell = tell;
    this.reader = new PeerReader(context);
    this.text = readFileSync(context.clusterFile, "utf8");
  }

  /** For the report; without the diffs, which are for those who ask. */
  get drift(): Drift[] {
    return [...this.own, ...[...this.between.values()].flatMap(({ drift }) => drift)].map(
      ({ diff: _diff, ...rest }) => rest,
    );
  }

  /** One step; called often, never waits. */
  tick(now: number, self: Pick<HostReport, "config" | "release">, peers: HostReport[]): void {
    if (this.looking || now < this.due) return;
    this.looking = true;
    this.look(self, peers)
      .catch((error: unknown) => this.tell("drift", messageOf(error)))
      .finally(() => {
        this.looking = false;
        this.due = performance.now() + everyMs;
      });
  }

  private async look(self: Pick<HostReport, "config" | "release">, peers: HostReport[]): Promise<void> {
    this.own = ownDrift(await ownFiles(this.context, this.text, this.running()));
    // The files of the releases are looked at only where the others' are not the same.
    let mine: HostConfiguration | undefined;
    for (const peer of peers) {
      const of = `${peer.config} ${peer.release}`;
      if (peer.config === self.config && peer.release === self.release) this.between.delete(peer.host);
      // An older release does not know the question.
      else if (peer.drift !== undefined && this.between.get(peer.host)?.of !== of) {
        mine ??= await this.configuration();
        this.between.set(peer.host, { of, drift: driftBetween(mine, await this.ask(peer.host)) });
      }
    }
  }

  configuration(): Promise<HostConfiguration> {
    return hostConfiguration(this.context, this.text, this.running());
  }

  private async ask(host: string): Promise<HostConfiguration> {
    return (await this.reader.get(host, "/configuration", deadlineMs)) as HostConfiguration;
  }

  /** Of all hosts, the own first; those that do not answer say why. */
  async everywhere(): Promise<{ hosts: HostConfiguration[]; silent: { host: string; why: string }[] }> {
    const peers = peersOf(this.context.cluster, this.context.self.name);
    const asked = await Promise.allSettled(peers.map(({ name }) => this.ask(name)));
    return {
      hosts: [
        await this.configuration(),
        ...asked.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])),
      ],
      silent: asked.flatMap((answer, index) =>
        answer.status === "rejected"
          ? [{ host: peers[index]?.name ?? "", why: messageOf(answer.reason) }]
          : [],
      ),
    };
  }

  close(): Promise<void> {
    return this.reader.close();
  }
}
