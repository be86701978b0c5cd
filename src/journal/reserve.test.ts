import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aheadOf, giveBack, reserveAhead, reserveBytes } from "./reserve.ts";

const mb = 1024 * 1024;

test("a large disk gives each file 16 MB, a small one a share, none less than 64 kB", () => {
  expect(reserveBytes(1e12)).toBe(16 * mb);
  expect(reserveBytes(400 * mb)).toBe(2 * mb);
  expect(reserveBytes(2 * mb)).toBe(64 * 1024);
});

test("space behind the end, that readers do not see; topped up when half is eaten, given back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dialtone-reserve-"));
  try {
    const file = join(folder, "acc_1.log");
    writeFileSync(file, "line\n");
    await reserveAhead(file, mb);
    expect(statSync(file).size).toBe(5);
    expect(aheadOf(statSync(file))).toBeGreaterThan(0.9 * mb);
    const before = statSync(file).blocks;
    appendFileSync(file, "x".repeat(0.4 * mb));
    await reserveAhead(file, mb);
    expect(statSync(file).blocks).toBe(before);
    appendFileSync(file, "x".repeat(0.2 * mb));
    await reserveAhead(file, mb);
    expect(aheadOf(statSync(file))).toBeGreaterThan(0.9 * mb);
    const { size } = statSync(file);
    await giveBack(file);
    expect(statSync(file).size).toBe(size);
    expect(aheadOf(statSync(file))).toBeLessThan(64 * 1024);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what can not be had is said with the file's name", async () => {
  await expect(reserveAhead("/proc/self/status", mb)).rejects.toThrow(
    /no space could be reserved for \/proc/,
  );
});
