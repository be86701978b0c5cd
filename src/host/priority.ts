import { writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Gives a process that began a session of its own, and all that it starts, its weight against everything else on the
 * host: -20 (first) to 19. nice(1) alone does not: with autogroups (sched(7), on by default) the kernel shares the
 * processors among sessions first, and nice levels count only within each. In a cgroup with a CPU controller (systemd)
 * there are no autogroups, and nice counts. The I/O priority follows the nice level (ioprio_set(2)).
 * @throws Error when the kernel refuses (not root)
 */
export function setWeight(pid: number, nice: number): void {
  setPriority(pid, nice);
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(nice));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A kernel without autogroups; a process that has ended meanwhile; a container that may not.
    if (code !== "ENOENT" && code !== "ESRCH" && code !== "EROFS" && code !== "EACCES" && code !== "EPERM")
      throw error;
  }
}
