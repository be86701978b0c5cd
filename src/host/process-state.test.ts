import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { cannotRun, ProcessFiles } from "./process-state.ts";

test("the state of a process, again and again, until it is gone", async () => {
  const files = new ProcessFiles();
  const child = spawn("sleep", ["60"]);
  await once(child, "spawn");
  const pid = String(child.pid);
  const children = () => files.read(`/proc/${process.pid}/task/${process.pid}/children`);
  expect(cannotRun(files.state(pid))).toBe(false);
  expect(children().split(" ")).toContain(pid);
  child.kill("SIGSTOP");
  await expect.poll(() => files.state(pid)).toBe("T");
  expect(cannotRun(files.state(pid))).toBe(true);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(files.state(pid)).toBe("");
  expect(cannotRun("")).toBe(false);
  files.forget();
  expect(files.state(String(process.pid))).not.toBe("");
  files.forget();
});
