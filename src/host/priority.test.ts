import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { changeWeight, inOwnSession, setWeight } from "./priority.ts";
import { familyOf, threadsOf } from "./process.ts";

async function start(program: string, ...words: string[]): Promise<number> {
  const child: ChildProcess = spawn(program, words, { detached: true, stdio: ["ignore", "pipe", "ignore"] });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  onTestFinished(() => void process.kill(-pid, "SIGKILL"));
  // It says when all that it starts is there.
  if (child.stdout) await once(child.stdout, "data");
  return pid;
}

function expectSession(pid: number, nice: number): void {
  const file = `/proc/${pid}/autogroup`;
  if (existsSync(file)) expect(readFileSync(file, "utf8")).toMatch(new RegExp(`nice ${nice}$`, "m"));
}

const levels = (pids: number[]) => [...new Set(pids.flatMap(threadsOf).map((thread) => getPriority(thread)))];

it("counts against other sessions, not only within the own", async () => {
  const pid = await start("sh", "-c", "echo; sleep 60");
  setWeight(pid, 5);
  expect(getPriority(pid)).toBe(5);
  expectSession(pid, 5);
});

it("is changed for all threads and all that a process has started", async () => {
  const node = `console.log(1); setTimeout(() => {}, 60000)`;
  const pid = await start("sh", "-c", `${process.execPath} -e '${node}'; true`);
  expect(familyOf(pid).length).toBe(2);
  expect(familyOf(pid).flatMap(threadsOf).length).toBeGreaterThan(3);
  changeWeight(pid, 7);
  expect(levels(familyOf(pid))).toEqual([7]);
  expectSession(pid, 7);
});

it("is not changed for what has taken another one", async () => {
  const pid = await start("sh", "-c", "nice -n 5 sleep 60 & echo; wait");
  const [, child = 0] = familyOf(pid);
  await expect.poll(() => getPriority(child)).toBe(getPriority() + 5);
  changeWeight(pid, 3);
  expect(getPriority(pid)).toBe(3);
  expect(getPriority(child)).toBe(getPriority() + 5);
});

it("is that of any program in a session of its own, whoever starts it", async () => {
  const [program = "", ...words] = inOwnSession(3);
  const pid = await start("sh", "-c", `${[program, ...words].join(" ")} sh -c 'echo; sleep 60'; true`);
  const [, child = 0] = familyOf(pid);
  expect(getPriority(child)).toBe(3);
  const session = (one: number) => readFileSync(`/proc/${one}/stat`, "latin1").split(") ")[1]?.split(" ")[3];
  expect(session(child)).toBe(String(child));
});
