import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fenceInput, runFence, whatItSaid } from "./device.ts";

it("gives options and action on stdin, one a line (FenceAgentAPI)", () => {
  const device = { agent: "fence_ipmilan", options: { ip: "192.0.2.21", lanplus: 1, password: "pw" } };
  expect(fenceInput(device, "off")).toBe("ip=192.0.2.21\nlanplus=1\npassword=pw\naction=off\n");
});

it("believes exit code 0 alone, tells what a device said without its password, and does not wait for ever", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dialtone-fence-"));
  try {
    const program = join(folder, "fence_test");
    await writeFile(
      program,
      `#!/bin/sh\nin=$(cat)\ncase "$in" in *mode=good*) exit 0;; *mode=slow*) sleep 5;; esac\necho "$in" | tr '\\n' ' ' >&2; exit 1\n`,
    );
    await chmod(program, 0o755);
    const device = (mode: string) => ({ agent: program, options: { mode, password: "hush-hush" } });
    expect(await runFence(device("good"), "off", 5000)).toBeUndefined();
    const said = await runFence(device("bad"), "off", 5000);
    expect(said).toMatch(/fence_test off: exit code 1: mode=bad/);
    expect(said).not.toContain("hush-hush");
    expect(await runFence(device("slow"), "off", 200)).toMatch(/no answer within 0.2 s/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("finds the reason in what a standard program says", () => {
  const ipmilan = [
    "/usr/sbin/fence_ipmilan:5: DeprecationWarning: 'pipes' is deprecated and slated for removal in Python 3.13",
    "  from pipes import quote",
    "2026-11-21 11:37:14,364 ERROR: Ipmitool not found or not accessible",
    "",
    "2026-11-21 11:37:14,365 ERROR: Please use '-h' for usage",
  ].join("\n");
  expect(whatItSaid(ipmilan)).toBe("Ipmitool not found or not accessible");
  expect(whatItSaid("mode=bad\n")).toBe("mode=bad");
  expect(whatItSaid("")).toBe("");
});
