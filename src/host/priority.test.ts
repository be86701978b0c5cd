import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { expect, it } from "vitest";
import { setWeight } from "./priority.ts";

it("counts against other sessions, not only within the own", async () => {
  const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
  await once(child, "spawn");
  try {
    const pid = child.pid ?? 0;
    setWeight(pid, 5);
    expect(getPriority(pid)).toBe(5);
    const file = `/proc/${pid}/autogroup`;
    if (existsSync(file)) expect(readFileSync(file, "utf8")).toMatch(/nice 5$/m);
  } finally {
    child.kill("SIGKILL");
  }
});
