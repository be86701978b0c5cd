import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "dialtone-plan-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const dialtone = (...args: string[]) =>
  execa(resolve("bin/dialtone"), ["plan", ...args], { cwd: directory, reject: false });

test("init, plan, docs, check: from nothing to papers that are up to date", async () => {
  expect((await dialtone("init")).stderr).toMatch(/there is no terminal to ask in: use --defaults/);
  expect((await dialtone("init", "--defaults")).stdout).toMatch(/Written to plan.yaml/);
  expect((await dialtone("init", "--defaults")).stderr).toMatch(/is there already/);
  const json = await dialtone("--json", "--years", "1000");
  expect(JSON.parse(json.stdout)).toMatchObject({ company: "Our company", simulation: { years: 1000 } });
  expect((await dialtone("check")).stderr).toMatch(/no papers in plan-docs/);
  expect((await dialtone("docs", "--years", "1000", "--no-pdf")).exitCode).toBe(0);
  expect((await dialtone("check")).stdout).toMatch(/up to date/);
  const file = join(directory, "plan.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("    after: 15 min", "    after: 10 min"));
  const old = await dialtone("check");
  expect(old.exitCode).toBe(1);
  expect(old.stdout).toMatch(/OUT OF DATE:\n {2}· plan.yaml has changed/);
}, 60_000);

test("faults end with 1 and their line; wrong options say what is right", async () => {
  const file = join(directory, "wrong.yaml");
  const plan = readFileSync("docs/examples/five-servers/plan.yaml", "utf8").replace(
    "after: 20 min",
    "after: 20",
  );
  writeFileSync(file, plan);
  const wrong = await dialtone("wrong.yaml");
  expect(wrong.exitCode).toBe(1);
  expect(wrong.stderr).toMatch(/wrong\.yaml:\d+: services\.telephones\.workaround\.after: 20 has no unit/);
  expect((await dialtone("none.yaml")).stderr).toMatch(/write one with 'dialtone plan init'/);
  expect((await dialtone(resolve("docs/examples/five-servers/plan.yaml"), "--years", "150")).stderr).toMatch(
    /multiple of 100/,
  );
}, 60_000);
