import { spawn } from "node:child_process";
import { constants, existsSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { execa } from "execa";
import { type HostContext, runFiles, serviceIp } from "../../cluster/facts.ts";

/** The service address on this host's interface. */

/** Takes a stale address off the interface: keepalived leaves it behind when it is killed. */
export async function removeServiceAddress({ cluster, self }: HostContext): Promise<void> {
  const result = await execa("ip", ["address", "del", cluster.service.address, "dev", self.interface], {
    reject: false,
  });
  // "Cannot assign requested address": it is not there any more, which is what we want.
  if (result.exitCode !== 0 && !/Cannot assign/.test(result.stderr)) throw new Error(result.stderr.trim());
}

/** Puts the address on the interface, beside a holder that is about to let go (switchover.ts). */
export async function addServiceAddress({ cluster, self }: HostContext): Promise<void> {
  await execa("ip", ["address", "add", cluster.service.address, "dev", self.interface]);
}

/** One gratuitous ARP (RFC 5227 announcement): neighbours forget another holder at once. */
export function announceServiceAddress({ cluster, self }: HostContext, failed: (why: string) => void): void {
  const child = spawn("arping", ["-U", "-c", "1", "-w", "1", "-I", self.interface, serviceIp(cluster)], {
    stdio: "ignore",
  });
  child.on("error", (error) => failed(error.message));
}

/**
 * Reads keepalived's notifications: lines such as `INSTANCE "dialtone" MASTER 254` (keepalived.conf(5), vrrp_notify_fifo).
 * Opened for reading and writing, so that it never ends when keepalived does.
 */
export async function watchVrrp(
  { dirs }: HostContext,
  onState: (state: string) => void,
): Promise<() => void> {
  const fifo = runFiles(dirs).vrrpFifo;
  if (!existsSync(fifo)) await execa("mkfifo", ["-m", "0600", fifo]);
  const fd = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
  const stream = new Socket({ fd, readable: true, writable: false });
  let rest = "";
  let last = "";
  stream.on("data", (chunk) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const state = /^INSTANCE "\S+" (\S+)/.exec(line)?.[1];
      // Two masters tell of each other's adverts with each of them, a hundred times a second.
      if (state && (state !== last || !state.startsWith("MASTER_RX"))) onState(state);
      last = state ?? last;
    }
  });
  return () => stream.destroy();
}
