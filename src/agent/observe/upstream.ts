import { type ChildProcess, spawn } from "node:child_process";

/** Older answers prove nothing. */
const freshMs = 800;

/**
 * Watches whether an address outside the cluster answers ICMP echo: one long-running ping(8) each, five a second.
 * A ping ends with its agent, because its output then goes nowhere.
 */
export class Upstream {
  private readonly addresses: string[];
  private readonly children = new Map<string, ChildProcess>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private lastAnswer = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(addresses: string[]) {
    this.addresses = addresses;
    for (const address of addresses) this.watch(address);
  }

  private watch(address: string): void {
    if (this.closed) return;
    const child = spawn("ping", ["-n", "-i", "0.2", address], { stdio: ["ignore", "pipe", "ignore"] });
    this.children.set(address, child);
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.includes("bytes from")) this.lastAnswer = performance.now();
    });
    const again = () => {
      // "Network is unreachable" ends a ping at once; the link may come back.
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.watch(address);
      }, 500);
      this.timers.add(timer);
    };
    child.on("error", again);
    child.on("exit", again);
  }

  /** undefined: no address is configured. */
  get reachable(): boolean | undefined {
    return this.addresses.length === 0 ? undefined : performance.now() - this.lastAnswer < freshMs;
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const child of this.children.values()) child.kill();
  }
}
