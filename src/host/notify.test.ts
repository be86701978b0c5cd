import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Notifier } from "./notify.ts";
import { systemdUnit } from "./systemd.ts";

/** A real datagram socket stands in for systemd's; what came is in `heard`. */
let directory: string;
let listener: ChildProcess;
let heard = "";
const closing: Notifier[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "dialtone-notify-"));
  heard = "";
  const path = join(directory, "notify");
  listener = spawn("socat", ["-u", `UNIX-RECV:${path}`, "-"], { stdio: ["ignore", "pipe", "inherit"] });
  listener.stdout?.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
  });
  await vi.waitFor(() => expect(existsSync(path)).toBe(true), { timeout: 5000 });
});

afterEach(() => {
  for (const notifier of closing.splice(0)) notifier.close();
  listener.kill();
  rmSync(directory, { recursive: true });
});

const notifier = (environment: NodeJS.ProcessEnv, failed: (why: string) => void = () => {}): Notifier => {
  const made = new Notifier(environment, failed);
  closing.push(made);
  return made;
};

test("readiness, state and life reach the socket, life not more often than asked for", async () => {
  const environment = { NOTIFY_SOCKET: join(directory, "notify"), WATCHDOG_USEC: "9000000", PATH: "/bin" };
  const told = notifier(environment);
  expect(environment).toEqual({ PATH: "/bin" });
  told.ready();
  for (const now of [0, 1000, 2000, 3000, 4000]) told.alive(now, "green");
  told.stopping();
  await vi.waitFor(() => expect(heard).toContain("STOPPING=1"), { timeout: 5000 });
  expect(heard.trim().split("\n")).toEqual([
    ...["READY=1", "STATUS=green", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"],
  ]);
});

test("a socket that nobody reads is told, and harms nobody", async () => {
  const why: string[] = [];
  const told = notifier({ NOTIFY_SOCKET: join(directory, "nobody") }, (text) => why.push(text));
  told.ready();
  await vi.waitFor(() => expect(why.join()).toContain("systemd hears nothing"), { timeout: 5000 });
  told.alive(0, "still here");
});

test("without systemd nothing happens", async () => {
  const why: string[] = [];
  const told = notifier({}, (text) => why.push(text));
  told.ready();
  told.alive(0, "green");
  // What is said at the real socket afterwards is all that it has heard.
  notifier({ NOTIFY_SOCKET: join(directory, "notify") }).stopping();
  await vi.waitFor(() => expect(heard).toBe("STOPPING=1\n"), { timeout: 5000 });
  expect(why).toEqual([]);
});

test("the unit waits for readiness and restarts an agent that hangs, but not its parts", () => {
  const unit = systemdUnit({ program: "/opt/d", host: "a", clusterFile: "/etc/c.yaml", data: "/var/lib/d" });
  expect(unit).toMatch(/^Type=notify$/m);
  expect(unit).toMatch(/^NotifyAccess=all$/m);
  expect(unit).toMatch(/^WatchdogSec=\d+$/m);
  // SIGABRT, the default, would wait for a stopped process to go on.
  expect(unit).toMatch(/^WatchdogSignal=SIGKILL$/m);
  expect(unit).toMatch(/^KillMode=process$/m);
});
