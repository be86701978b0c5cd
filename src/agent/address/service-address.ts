import { spawn } from "node:child_process";
import { constants, existsSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { execa } from "execa";
import { type HostContext, runFiles, serviceIp, serviceIp6 } from "../../cluster/facts.ts";
import { neighbourAdvertisement } from "./neighbour.ts";

/** The service address on this host's interface: one, or one of each family, which go together. */

/** Takes a stale address off the interface: keepalived leaves it behind when it is killed. */
export async function removeServiceAddress(context: HostContext): Promise<void> {
  const { address, address6 } = context.cluster.service;
  // IPv4 last: it is what tells that there is something to remove (host/held-address.ts).
  for (const one of [address6, address]) {
    if (one === undefined) continue;
    const result = await execa("ip", ["address", "del", one, "dev", context.self.interface], {
      reject: false,
    });
    // "Cannot assign requested address": it is not there any more, which is what we want.
    if (result.exitCode !== 0 && !/Cannot assign/.test(result.stderr)) throw new Error(result.stderr.trim());
  }
}

/** Puts the address on the interface, beside a holder that is about to let go (switchover.ts). */
export async function addServiceAddress({ cluster, self }: HostContext): Promise<void> {
  const { address, address6 } = cluster.service;
  await execa("ip", ["address", "add", address, "dev", self.interface]);
  // The other holder has it too for a moment: duplicate address detection (RFC 4862 5.4) would refuse it.
  if (address6 !== undefined) await execa("ip", ["address", "add", address6, "dev", self.interface, "nodad"]);
}

/** One gratuitous ARP (RFC 5227 announcement), for IPv6 one neighbour advertisement: neighbours forget another holder at once. */
export function announceServiceAddress({ cluster, self }: HostContext, failed: (why: string) => void): void {
  const child = spawn("arping", ["-U", "-c", "1", "-w", "1", "-I", self.interface, serviceIp(cluster)], {
    stdio: "ignore",
  });
  child.on("error", (error) => failed(error.message));
  const six = serviceIp6(cluster);
  if (six !== undefined) advertise(six, self.interface, failed);
}

/** socat(1): a raw ICMPv6 socket, whose checksum the kernel makes (RFC 3542 3.1). 41, 18: IPPROTO_IPV6, IPV6_MULTICAST_HOPS. */
function advertise(address: string, link: string, failed: (why: string) => void): void {
  const mac = networkInterfaces()[link]?.[0]?.mac;
  if (mac === undefined) return;
  const to = `IP6-SENDTO:[ff02::1%${link}]:58,setsockopt-int=41:18:255`;
  const child = spawn("socat", ["-u", "-", to], { stdio: ["pipe", "ignore", "pipe"], timeout: 1000 });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.on("error", (error) => failed(error.message));
  child.on("close", (code) => {
    if (code !== 0)
      failed(`neighbour advertisement of ${address}: ${said.trim() || `socat ended with ${code}`}`);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(neighbourAdvertisement(address, mac));
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
