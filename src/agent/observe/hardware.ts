import { constants, readFileSync } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { HostContext } from "../../cluster/facts.ts";
import { journalReserve } from "../../components/kamailio/journal.ts";
import { type HardwareReport, hungMs, slowMs } from "../../report/hardware.ts";
import { DiskProbe } from "./disk-probe.ts";

/** The host below the parts, as far as it shows: disks, memory, processors, clock, cable. */

const everyMs = 2000;
/** The wall clock against the monotonic one, between two looks: more is a step, not slewing. */
const stepMs = 500;
const rememberStepMs = 600_000;

type Disk = HardwareReport["disks"][number];

/** `some avg10=1.23 …`: share of the last 10 s in which somebody waited, %. Undefined: no such line. Pure. */
export const pressureOf = (text: string): number | undefined => {
  const found = /^some avg10=([\d.]+)/m.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

/** /proc/meminfo. Pure. */
export function memoryOf(text: string): HardwareReport["memory"] {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0) * 1024;
  const totalBytes = bytes("MemTotal");
  return totalBytes === 0 ? undefined : { totalBytes, availableBytes: bytes("MemAvailable") };
}

async function diskOf(path: string): Promise<Disk> {
  const { bavail, bsize, blocks, ffree, files } = await statfs(path);
  const readOnly = await access(path, constants.W_OK).then(
    () => false,
    // Root is refused by a read-only file system only.
    () => true,
  );
  return {
    path,
    freeBytes: bavail * bsize,
    bytes: blocks * bsize,
    freeInodes: ffree,
    inodes: files,
    readOnly,
  };
}

/** Of the kernel, which has it in memory: no thread of libuv's has to wake four times for it. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Looks every 2 s, without ever blocking the agent. */
export class HardwareWatch {
  private readonly context: HostContext;
  private busy = false;
  private nextAt = 0;
  private clock: { wall: number; mono: number } | undefined;
  private step: { at: number; ms: number } | undefined;
  private last: HardwareReport | undefined;
  private readonly probe: DiskProbe;
  private readonly tell: (text: string) => void;
  /** Since when the disk has not answered. */
  private hungSince: number | undefined;

  constructor(context: HostContext, tell: (text: string) => void) {
    this.context = context;
    this.tell = tell;
    this.probe = new DiskProbe(join(context.dirs.journal, "probe"));
  }

  /** One step; called often, never waits. */
  tick(now: number): void {
    this.watchDisk(now);
    if (this.busy || now < this.nextAt) return;
    this.busy = true;
    this.watchClock(now);
    this.look()
      .then((report) => {
        this.last = report;
      })
      .catch(() => {
        // What can not be read is not known; a host without /proc is none of ours.
        this.last = undefined;
      })
      .finally(() => {
        this.busy = false;
        this.nextAt = performance.now() + everyMs;
      });
  }

  private watchDisk(now: number): void {
    this.probe.tick(now);
    const silent = this.probe.silentMs(now);
    if (silent >= hungMs && this.hungSince === undefined) {
      this.hungSince = now - silent;
      this.tell("does not answer: call events go to memory, and wait there");
    } else if (silent < hungMs && this.hungSince !== undefined) {
      const seconds = ((now - this.hungSince) / 1000).toFixed(1);
      this.hungSince = undefined;
      this.tell(`answers again, after ${seconds} s; what waited in memory is written now, and says so`);
    }
  }

  private watchClock(now: number): void {
    const wall = Date.now();
    if (this.clock) {
      const moved = wall - this.clock.wall - (now - this.clock.mono);
      if (Math.abs(moved) > stepMs) this.step = { at: now, ms: Math.round(moved) };
    }
    this.clock = { wall, mono: now };
  }

  private async look(): Promise<HardwareReport> {
    const { dirs, self } = this.context;
    const [data, journal] = await Promise.all([diskOf(dirs.data), diskOf(dirs.journal)]);
    // One file system has the same numbers: say it once.
    const disks =
      journal.freeInodes === data.freeInodes && journal.bytes === data.bytes ? [data] : [data, journal];
    const state = read(`/sys/class/net/${self.interface}/operstate`).trim();
    const reserved = self.role === "node" ? journalReserve(this.context) : undefined;
    const pressure = {
      cpu: pressureOf(read("/proc/pressure/cpu")),
      io: pressureOf(read("/proc/pressure/io")),
    };
    const known = memoryOf(read("/proc/meminfo"));
    return {
      disks,
      ...(reserved === undefined ? {} : { journalReserved: reserved }),
      ...(known ? { memory: known } : {}),
      ...(pressure.cpu === undefined && pressure.io === undefined ? {} : { pressure }),
      ...(state === "up" || state === "down" ? { link: state } : {}),
    };
  }

  report(): HardwareReport | undefined {
    if (!this.last) return undefined;
    const now = performance.now();
    const silentMs = Math.round(this.probe.silentMs(now));
    const step = this.step && now - this.step.at < rememberStepMs ? this.step : undefined;
    return {
      ...this.last,
      ...(silentMs < slowMs ? {} : { disks: this.last.disks.map((disk) => ({ ...disk, silentMs })) }),
      ...(step ? { clockStep: { ms: step.ms, agoMs: Math.round(now - step.at) } } : {}),
    };
  }
}
