import { type ChildProcess, spawn } from "node:child_process";

/**
 * Tells systemd that the agent is ready and alive (sd_notify(3)): it restarts one that hangs (WatchdogSec=). Node can not
 * write to a unix datagram socket, so socat does, as long as this process lives; a child's word counts because the unit
 * says NotifyAccess=all. Without NOTIFY_SOCKET all of this does nothing.
 */
export class Notifier {
  private readonly child: ChildProcess | undefined;
  /** How often systemd wants to hear that the agent lives, ms; undefined: it does not. */
  private readonly everyMs: number | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;
  private status = "";

  /** Takes NOTIFY_SOCKET and WATCHDOG_USEC out of the environment: they are not for the parts. */
  constructor(environment: NodeJS.ProcessEnv, failed: (why: string) => void) {
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: microseconds } = environment;
    for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete environment[name];
    if (socket === undefined) return;
    const limitMs = Number(microseconds) / 1000;
    // A third: one late timer must not look like a hang.
    if (limitMs > 0) this.everyMs = limitMs / 3;
    const to = socket.startsWith("@") ? `ABSTRACT-SENDTO:${socket.slice(1)}` : `UNIX-SENDTO:${socket}`;
    this.child = spawn("socat", ["-u", "STDIN", to], { stdio: ["pipe", "ignore", "ignore"] });
    this.child.unref();
    this.child.on("error", (error) => failed(`systemd hears nothing of this agent: ${error.message}`));
    this.child.on("exit", (code) => failed(`systemd hears nothing of this agent: socat ended with ${code}`));
    this.child.stdin?.on("error", () => {
      // Told by `exit`.
    });
  }

  private send(lines: string): void {
    this.child?.stdin?.write(`${lines}\n`);
  }

  ready(): void {
    this.send("READY=1");
  }

  stopping(): void {
    this.send("STOPPING=1");
  }

  /** Called from the event loop that is watched; `status` is shown by `systemctl status`. */
  alive(now: number, status: string): void {
    const due = this.everyMs !== undefined && now - this.toldAt >= this.everyMs;
    if (status !== this.status) this.send(`STATUS=${status.replaceAll("\n", " ")}`);
    this.status = status;
    if (!due) return;
    this.toldAt = now;
    this.send("WATCHDOG=1");
  }

  close(): void {
    this.child?.removeAllListeners("exit");
    this.child?.stdin?.end();
  }
}
