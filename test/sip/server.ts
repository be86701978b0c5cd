import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, createWriteStream, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type AppRelay, relayToPeers } from "../../src/agent/calls/app-relay.ts";
import { patient } from "../../src/base/patience.ts";
import type { CallEvent } from "../../src/call/contract.ts";
import { type HostContext, ports } from "../../src/cluster/facts.ts";
import { clusterSchema } from "../../src/cluster/schema.ts";
import { kamailioCommand, sipJournal } from "../../src/components/kamailio/config.ts";
import { edge } from "../../src/components/kamailio/edge.ts";
import { kamailio } from "../../src/components/kamailio/index.ts";
import { accountIn } from "../../src/host/files.ts";
import { parseJournalLine } from "../../src/journal/sip-journal.ts";

import { hostOf } from "../support/host.ts";

/** A real Kamailio with the generated configuration, in the network namespace that this process is in. */

export const context = (
  data: string,
  sip: Record<string, unknown> = {},
  self = "a",
  service = "198.18.77.100/24",
  media: Record<string, unknown> = {},
  address6?: string,
  edge6?: string,
): HostContext => {
  const cluster = clusterSchema.parse({
    cluster: "siptest",
    service: { address: service, address6 },
    hosts: {
      a: { role: "node", address: "198.18.77.11" },
      b: { role: "node", address: "198.18.77.12" },
      w: { role: "witness", address: "198.18.77.13" },
      ...(edge6 !== undefined && { e: { role: "edge", address: "198.18.77.14", address6: edge6 } }),
    },
    sip,
    media,
  });
  return hostOf(cluster, self, join(data, self));
};

/** Does a process of this group run? One that is dead and not yet waited for does not. proc(5): state, parent, group. */
function runs(group: number): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const [state, , its] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(its) === group && state !== "Z" && state !== "X";
    } catch {
      return false; // gone meanwhile
    }
  });
}

export class Server {
  readonly context: HostContext;
  private child: ChildProcess | undefined;
  /** The agent's part in asking the peer's app. */
  private relay: AppRelay | undefined;

  constructor(hostContext: HostContext) {
    this.context = hostContext;
  }

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** `reserve`: with space for the journal, as an agent does it. */
  async start(reserve = false): Promise<void> {
    const part = this.context.self.role === "edge" ? edge : kamailio;
    if (part === kamailio) this.relay ??= await relayToPeers(this.context);
    const account = accountIn(readFileSync("/etc/passwd", "utf8"), "kamailio");
    if (!account) throw new Error("this machine has no user 'kamailio'");
    const { uid, gid } = account;
    mkdirSync(this.context.dirs.log, { recursive: true });
    for (const { path, owner } of part.directories?.(this.context) ?? []) {
      mkdirSync(path, { recursive: true });
      if (owner === "kamailio") chownSync(path, uid, gid);
    }
    for (const file of part.files(this.context)) {
      mkdirSync(dirname(file.path), { recursive: true });
      // The nodes of a scenario share one loopback: browsers come to the first.
      const web = this.context.self.name === "a" ? "" : `listen=tcp:127.0.0.1:${ports.sipWeb} name "web"\n`;
      writeFileSync(file.path, file.content.replace(web, ""));
    }
    if (reserve)
      await kamailio.prepare?.(this.context, { signal: AbortSignal.timeout(5000), bootstrap: false });
    const [command, ...argv] = kamailioCommand(this.context);
    const log = createWriteStream(join(this.context.dirs.log, "kamailio.log"), { flags: "a" });
    await once(log, "open");
    this.child = spawn(command, argv, { stdio: ["ignore", log, log], detached: true });
    const deadline = performance.now() + patient(10_000);
    for (;;) {
      const health = await part
        .probe(this.context, AbortSignal.timeout(200))
        .catch((error: unknown) => ({ ok: false, detail: String(error) }));
      if (health.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (this.child.exitCode !== null || performance.now() > deadline)
        throw new Error(`Kamailio does not start: ${health.detail}\n${this.log().slice(-2000)}`);
    }
  }

  /** Signals the whole process group and waits for the main process. */
  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.child;
    this.relay?.close();
    this.relay = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    // Its workers outlive a main process that is killed, and their sockets with them.
    const group = child.pid ?? 0;
    process.kill(-group, signal);
    // Asked to end in its first moments it sometimes never does; the agent waits no longer (stopGraceMs).
    const patience = setTimeout(() => process.kill(-group, "SIGKILL"), 3000);
    await once(child, "exit");
    clearTimeout(patience);
    const deadline = performance.now() + 2000;
    while (runs(group) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5));
  }

  log(): string {
    return readFileSync(join(this.context.dirs.log, "kamailio.log"), "utf8");
  }

  /** Every whole line of the journal. @throws JournalLineError */
  events(callId?: string): CallEvent[] {
    const folder = sipJournal(this.context);
    return readdirSync(folder)
      .flatMap((file) => readFileSync(join(folder, file), "latin1").split("\n").slice(0, -1))
      .map((line) => parseJournalLine(line, this.context.self.name))
      .filter((event) => callId === undefined || event.call_id === callId)
      .sort((x, y) => x.time.localeCompare(y.time));
  }

  async waitEvents(callId: string, kinds: string[], ms = 3000): Promise<CallEvent[]> {
    const deadline = performance.now() + ms;
    for (;;) {
      const events = this.events(callId);
      const got = events.map((event) => event.kind);
      if (
        kinds.every((kind) => got.filter((k) => k === kind).length >= kinds.filter((k) => k === kind).length)
      )
        return events;
      if (performance.now() > deadline)
        throw new Error(
          `waited for the events ${kinds.join(", ")}; the journal has ${got.join(", ") || "none"}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
