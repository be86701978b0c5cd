import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ruleSchema } from "./rule.ts";
import type { RoutingData } from "./snapshot.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot-file.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dialtone-snapshot-"));
});
afterAll(() => rm(directory, { recursive: true }));

const data = (): RoutingData => ({
  version: 7,
  users: new Map([["ada", { name: "ada", display: "Ada", ha1_md5: "a", ha1_sha256: "b", enabled: true }]]),
  numbers: new Map(Array.from({ length: 1200 }, (_, index) => [`5${index}`, "ada"])),
  rules: new Map([["r", ruleSchema.parse({ name: "r", action: { type: "reject" } })]]),
});

describe("the snapshot on disk", () => {
  it("comes back as it was, readable by few", async () => {
    const file = join(directory, "good");
    expect(await saveSnapshot(file, data(), () => false)).toBe(true);
    expect(await loadSnapshot(file)).toEqual(data());
    expect((await stat(file)).mode & 0o777).toBe(0o640);
  });

  it("is refused when its end is missing", async () => {
    const file = join(directory, "torn");
    await saveSnapshot(file, data(), () => false);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.split("\n").slice(0, 500).join("\n"));
    await expect(loadSnapshot(file)).rejects.toThrow("incomplete");
    await writeFile(file, text.slice(0, -20));
    await expect(loadSnapshot(file)).rejects.toThrow();
  });

  it("is left alone when the data changes meanwhile", async () => {
    const file = join(directory, "changed");
    expect(await saveSnapshot(file, data(), () => true)).toBe(false);
    expect(await loadSnapshot(file)).toBeUndefined();
    expect((await readdir(directory)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});
