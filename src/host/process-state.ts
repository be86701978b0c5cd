import { closeSync, openSync, readSync } from "node:fs";

/** Field 3 of /proc/PID/stat (proc(5)) in these: it can not run. Stopped, traced, zombie. */
export const cannotRun = (state: string): boolean => state !== "" && "TtZX".includes(state);

/** More than a line of state needs, or the numbers of some hundred children. */
const buffer = Buffer.alloc(4096);

/**
 * What the kernel's files say of processes that are asked about again and again. The files are kept open: one system call
 * in place of four, and a process that ended is not taken for another one that got its number. At once, not by way of the
 * thread pool: /proc is memory.
 */
export class ProcessFiles {
  private readonly open = new Map<string, number>();

  /** The first 4096 bytes of a file in /proc; "": the process is gone. */
  read(path: string): string {
    try {
      const fd = this.open.get(path) ?? openSync(path, "r");
      this.open.set(path, fd);
      return buffer.toString("latin1", 0, readSync(fd, buffer, 0, buffer.length, 0));
    } catch {
      this.close(path);
      return "";
    }
  }

  /** "": the process is gone. */
  state(pid: string): string {
    const stat = this.read(`/proc/${pid}/stat`);
    return stat.charAt(stat.lastIndexOf(")") + 2);
  }

  private close(path: string): void {
    const fd = this.open.get(path);
    if (fd !== undefined) closeSync(fd);
    this.open.delete(path);
  }

  /** Others will be asked about. */
  forget(): void {
    for (const path of [...this.open.keys()]) this.close(path);
  }
}
