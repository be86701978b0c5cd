import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { Kept } from "./kept.ts";

test("lines that come one after the other, and files that are made meanwhile, are carried in their order, each once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dialtone-carry-"));
  const [memory, target] = [join(folder, "memory"), join(folder, "acc_0.log")];
  mkdirSync(memory);
  const files = ["acc_1.log", "acc_2.log", "acc_3.log"];
  const worker = new Worker(new URL("carry-worker.ts", import.meta.url), {
    workerData: { memory, target, lateMs: 60_000 },
  });
  const kept = new Kept(memory, files);
  const lines: string[] = [];
  try {
    for (const file of files)
      for (let index = 0; index < 8; index++) {
        lines.push(`${file} ${index}|.`);
        appendFileSync(join(memory, file), `${lines.at(-1)}\n`);
        // Not asked before there is a carrier, it says no at once.
        await expect.poll(() => kept.wait(1000), { timeout: 20_000 }).toBe(true);
      }
    expect(readFileSync(target, "utf8")).toBe(`${lines.join("\n")}\n`);
  } finally {
    kept.close();
    await worker.terminate();
    rmSync(folder, { recursive: true });
  }
});
