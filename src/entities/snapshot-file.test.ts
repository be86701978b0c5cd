import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { numbers } from "../directory/numbers.ts";
import { users } from "../directory/users.ts";
import { registry as all } from "../routing/registry.ts";
import { ruleSchema } from "../routing/rule-schema.ts";
import { emptySnapshot, withChanges } from "./snapshot.ts";
import { loadSnapshot, saveSnapshot } from "./snapshot-file.ts";

/** What the first releases had. */
const registry = { users: all.users, numbers: all.numbers, rules: all.rules };

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "dialtone-snapshot-"));
});
afterAll(() => rm(directory, { recursive: true }));

const snapshot = withChanges(registry, emptySnapshot(registry), 7, {
  users: new Map([["ada", { name: "ada", display: "Ada", ha1_md5: "a", ha1_sha256: "b", enabled: true }]]),
  numbers: new Map(Array.from({ length: 1200 }, (_, at) => [`5${at}`, { number: `5${at}`, user: "ada" }])),
  rules: new Map([["r", ruleSchema.parse({ name: "r", action: { type: "reject" } })]]),
});

describe("the snapshot on disk", () => {
  it("comes back as it was, readable by few, in the same lines as ever", async () => {
    const file = join(directory, "good");
    await saveSnapshot(registry, file, snapshot);
    const loaded = await loadSnapshot(registry, file);
    expect(loaded?.unknown).toEqual([]);
    expect(loaded?.snapshot.version).toBe(7);
    expect(new Map(loaded?.snapshot.parts.rules)).toEqual(new Map(snapshot.parts.rules));
    expect(new Map(loaded?.snapshot.parts.numbers)).toEqual(new Map(snapshot.parts.numbers));
    expect(loaded?.snapshot.parts.users.get("ada")).toEqual(snapshot.parts.users.get("ada"));
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    // The release before this one reads it too, when an upgrade is taken back.
    const lines = (await readFile(file, "utf8")).split("\n");
    expect(lines[0]).toMatch(/^{"t":"head","v":1,"version":7,"users":1,"numbers":1200,"rules":1[,}]/);
    expect(lines[1]).toMatch(/^{"t":"release","by":"/);
    expect(lines[2]).toContain('{"t":"user","name":"ada"');
    expect(lines.at(-2)).toContain('{"t":"rule","rule":{"name":"r"');
    expect((await readdir(directory)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("is refused when its end is missing", async () => {
    const file = join(directory, "torn");
    await saveSnapshot(registry, file, snapshot);
    const text = await readFile(file, "utf8");
    await writeFile(file, text.split("\n").slice(0, 500).join("\n"));
    await expect(loadSnapshot(registry, file)).rejects.toThrow("incomplete");
    await writeFile(file, text.slice(0, -20));
    await expect(loadSnapshot(registry, file)).rejects.toThrow();
  });

  it("is held against the schemas, unless this very release wrote it", async () => {
    const file = join(directory, "foreign");
    await saveSnapshot(registry, file, snapshot, "1.0.0+a");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace('"type":"reject"', '"type":"nonsense"'));
    await expect(loadSnapshot(registry, file, "1.0.0+b")).rejects.toThrow("discriminator");
    const loaded = await loadSnapshot(registry, file, "1.0.0+a");
    expect(loaded?.snapshot.parts.rules.get("r")).toMatchObject({ action: { type: "nonsense" } });
    await writeFile(file, text);
    for (const by of ["1.0.0+a", "1.0.0+b"])
      expect(new Map((await loadSnapshot(registry, file, by))?.snapshot.parts.rules)).toEqual(
        new Map(snapshot.parts.rules),
      );
  });

  it("of another release: says which parts the writer did not know, and passes over what it does not know itself", async () => {
    const file = join(directory, "other");
    await saveSnapshot({ users, numbers }, file, {
      ...emptySnapshot({ users, numbers }),
      parts: { users: snapshot.parts.users, numbers: snapshot.parts.numbers },
    });
    const newer = await loadSnapshot(registry, file);
    expect(newer?.unknown).toContain("rules");
    expect(newer?.unknown).not.toContain("users");
    expect(newer?.snapshot.parts.numbers.size).toBe(1200);
    await saveSnapshot(registry, file, snapshot);
    expect((await loadSnapshot({ users }, file))?.snapshot.parts.users.size).toBe(1);
  });
});
