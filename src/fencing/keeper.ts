import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { WriteBehind } from "../base/behind.ts";
import { messageOf } from "../base/message.ts";
import { type HostContext, voters } from "../cluster/facts.ts";
import type { FencingReport } from "../report/fencing.ts";
import { contactMs } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";
import { type FenceView, fenceViewOf, waitsFor, whomToFence } from "./decide.ts";
import { devicesOf, runFence } from "./device.ts";

/** Fencing on one host: remembers who was switched off or left in good order, runs the devices, tries them regularly. */

const memorySchema = z.record(
  z.string(),
  z.object({
    state: z.enum(["none", "off", "failed"]),
    term: z.int(),
    left: z.boolean(),
    holds: z.boolean(),
    why: z.string(),
  }),
);
type Memory = z.infer<typeof memorySchema>;
const nothing: Memory[string] = { state: "none", term: 0, left: false, holds: false, why: "" };

type Tell = (subject: string, text: string) => void;

export class Fencing {
  private readonly context: HostContext;
  private readonly tell: Tell;
  private readonly file: string;
  private readonly kept: WriteBehind;
  private memory: Memory = {};
  private readonly running = new Set<string>();
  private readonly endedAt = new Map<string, number>();
  /** Last trial of each node's devices: undefined: answered. */
  private readonly trials = new Map<string, string | undefined>();
  private trialAt = 0;
  private waits: string[] = [];

  constructor(context: HostContext, tell: Tell) {
    this.context = context;
    this.tell = tell;
    this.file = join(context.dirs.data, "fencing.json");
    this.kept = new WriteBehind(
      (text) => writeFileAtomic(this.file, text),
      (error) => tell("memory", messageOf(error)),
    );
    if (!context.cluster.fencing || !existsSync(this.file)) return;
    try {
      this.memory = memorySchema.parse(JSON.parse(readFileSync(this.file, "utf8")));
    } catch (error) {
      this.tell("memory", `${this.file} is not used: ${messageOf(error)}`);
    }
  }

  /** For the verdict's reasons. */
  get troubles(): string[] {
    const failed = [...this.trials].flatMap(([host, why]) =>
      why === undefined ? [] : [`fencing of ${host} would not work: ${why}`],
    );
    return [...this.waits, ...failed];
  }

  get report(): FencingReport | undefined {
    const { fencing } = this.context.cluster;
    if (!fencing) return undefined;
    const nodes = Object.entries(fencing.devices)
      .filter(([host]) => host !== this.context.self.name)
      .map(([host, devices]) => {
        const trial = this.trials.has(host) ? this.trials.get(host) === undefined : null;
        const state = this.running.has(host) ? "running" : this.of(host).state;
        return [host, { state, device: devices.map((one) => one.agent).join(", "), ok: trial }] as const;
      });
    return { required: fencing.required, nodes: Object.fromEntries(nodes) };
  }

  private of(host: string): Memory[string] {
    return this.memory[host] ?? nothing;
  }

  private remember(host: string, change: Partial<Memory[string]>): void {
    const before = JSON.stringify(this.memory);
    this.memory = { ...this.memory, [host]: { ...this.of(host), ...change } };
    if (JSON.stringify(this.memory) === before) return;
    this.kept.put(JSON.stringify(this.memory));
  }

  private view(o: Observation, fit: boolean, agentUptimeMs: number): FenceView | undefined {
    const { cluster } = this.context;
    const { fencing } = cluster;
    if (!fencing || o.role !== "node") return undefined;
    const rules = {
      required: fencing.required,
      delayMs: 1000 * fencing.delay_s,
      voters: voters(cluster).map(({ name }) => name),
    };
    return fenceViewOf(o, rules, fit, agentUptimeMs, (name) => {
      const { holds, left, state, term, why } = this.of(name);
      const sinceMs = performance.now() - (this.endedAt.get(name) ?? Number.NEGATIVE_INFINITY);
      const running = this.running.has(name);
      return { holds, left, fenced: { state: running ? "running" : state, term, sinceMs, why } };
    });
  }

  /**
   * One step, with each tick of the agent.
   * @param fit may this host hold the address, fencing apart?
   * @returns what the rules look at (decide.ts); undefined: no fencing here
   */
  tick(o: Observation, fit: boolean, agentUptimeMs: number): FenceView | undefined {
    if (!this.context.cluster.fencing || o.role !== "node") return undefined;
    for (const [name, news] of Object.entries(o.peers)) {
      if (!news || news.ageMs > contactMs || !o.nodeOrder.includes(name)) continue;
      const { stopping, holds } = news.report;
      if (this.of(name).state === "off") this.tell(name, "is back");
      this.remember(name, { state: "none", left: stopping && !holds, holds, why: "" });
    }
    const view = this.view(o, fit, agentUptimeMs);
    if (!view) return undefined;
    this.waits = fit ? waitsFor(view) : [];
    this.tryDevices(whomToFence(view));
    return view;
  }

  /** Switches a node off: its devices in their order, until one says that it is done. */
  async fence(host: string, term: number): Promise<void> {
    this.running.add(host);
    this.tell(host, "silent: it is switched off before its address is taken");
    const problems: string[] = [];
    try {
      for (const device of devicesOf(this.context, host)) {
        const problem = await runFence(device, "off", this.timeoutMs);
        if (problem === undefined) {
          this.remember(host, { state: "off", term, holds: false, why: "" });
          this.tell(host, `is off (${device.agent})`);
          return;
        }
        problems.push(problem);
      }
      if (problems.length === 0) problems.push("it has no fencing device in cluster.yaml");
    } catch (error) {
      problems.push(messageOf(error));
    } finally {
      this.endedAt.set(host, performance.now());
      this.running.delete(host);
      if (this.of(host).state !== "off") {
        this.remember(host, { state: "failed", why: problems.join("; ") });
        this.tell(host, `FENCING FAILED, its address is not taken: ${problems.join("; ")}`);
      }
    }
  }

  private get timeoutMs(): number {
    return 1000 * (this.context.cluster.fencing?.timeout_s ?? 20);
  }

  /** Redundancy that nobody tries does not exist: each device's `monitor`, regularly. */
  private tryDevices(fenced: string | undefined): void {
    const { fencing } = this.context.cluster;
    const now = performance.now();
    if (!fencing || now < this.trialAt) return;
    this.trialAt = now + 1000 * fencing.monitor_s;
    for (const host of Object.keys(fencing.devices))
      if (host !== this.context.self.name && host !== fenced && !this.running.has(host))
        void this.trial(host);
  }

  private async trial(host: string): Promise<void> {
    const problems: string[] = [];
    for (const device of devicesOf(this.context, host)) {
      const problem = await runFence(device, "monitor", this.timeoutMs).catch(messageOf);
      if (problem !== undefined) problems.push(problem);
    }
    const why = problems.length > 0 ? problems.join("; ") : undefined;
    if (why !== this.trials.get(host)) this.tell(host, why ?? "its fencing device answers");
    this.trials.set(host, why);
  }

  /** A person has made sure that a host is off. @returns why that is refused; undefined: it is believed */
  confirm(host: string): string | undefined {
    if (!this.context.cluster.fencing?.devices[host]) return `${host} has no fencing device in cluster.yaml`;
    this.remember(host, { state: "off", holds: false, why: "" });
    this.tell(host, "is off, says a person");
    return undefined;
  }
}
