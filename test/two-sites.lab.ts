import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { patient } from "../src/base/patience.ts";
import { copied } from "../src/cli/database.ts";
import { ask } from "../src/client/api.ts";
import { openDesk } from "../src/client/desk.ts";
import { hostDirs, runFiles } from "../src/cluster/facts.ts";
import { drillNamed } from "../src/drills/catalogue.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { resultText } from "../src/drills/result.ts";
import { runDrill } from "../src/drills/run-drill.ts";
import { openLab } from "../src/lab/lab.ts";
import { until, waitFor } from "../src/lab/wait.ts";
import type { HostReport } from "../src/report/host-report.ts";
import { brokenPromises } from "./support/harm.ts";

/** Two nodes whose databases follow each other, without a witness: docs/two-sites.md. */

const lab = openLab("sitestest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
let ours = false;

beforeAll(async () => {
  const settings = { "database.replication": "asynchronous", "hosts.w": null };
  await lab.up({ isolated: true, detach: false, fresh: true, settings });
  ours = true;
  await waitForGreen(lab, 120_000, () => undefined, signal);
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

const dirsOf = (host: string) => hostDirs(lab.state().hosts[host]?.data ?? "");

const sql = async (host: string, query: string): Promise<string> => {
  const client = ["mariadb", "--no-defaults", `--socket=${runFiles(dirsOf(host)).mariadbSocket}`];
  return (await lab.exec(host, [...client, "-NBe", query, "dialtone"])).stdout.trim();
};

const content =
  "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM records), (SELECT group_concat(name ORDER BY name) FROM rules), (SELECT max(version) FROM changes), (SELECT bit_xor(crc32(concat(hex(id), body))) FROM events), (SELECT bit_xor(crc32(concat(hex(id), outcome, events, coalesce(duration_ms, -1)))) FROM records)";

const same = (ms: number) =>
  until("the same data on both nodes", ms, async () => {
    const [a, b] = await Promise.all([sql("a", content), sql("b", content)]);
    return a === b ? a : undefined;
  });

const rule = (host: string, name: string) =>
  ask(
    [{ name: host, connection: { socketPath: runFiles(dirsOf(host)).appSocket } }],
    z.unknown(),
    "PUT",
    `/v1/routes/${name}`,
    {
      name,
      priority: 100,
      description: "",
      match: { prefix: `77${name.length}` },
      action: { type: "route", targets: [{ type: "uri", uri: "sip:x@192.0.2.9" }] },
    },
  );

const facts = (report: HostReport | undefined) => report?.database?.facts?.replication;
const reportOf = async (host: string) =>
  (await lab.status()).hosts.find(({ name }) => name === host)?.agent ?? undefined;

it("what is written at one node is at the other a moment later, and the first node takes all writes", async () => {
  // A database that has just been opened is tried again after a second.
  await until("the first node takes what is written at the second", 20_000, async () => {
    const positions = () => Promise.all(["a", "b"].map((host) => sql(host, "SELECT @@gtid_binlog_pos")));
    const [a, b] = await positions();
    await rule("b", "first");
    const [laterA, laterB] = await positions();
    return a !== laterA && b === laterB;
  });
  expect(await same(10_000)).toContain("first");
});

it("either node dies under calls: no call, no record is lost, and both have the same afterwards", async () => {
  const result = await runDrill(lab, drillNamed("host-death"), {
    runs: 2,
    rate: 20,
    startedBy: "test",
    tell,
    signal,
  });
  tell(resultText(result));
  expect(brokenPromises(result)).toEqual([]);
  expect(
    result.runs.map(({ ledger }) => [ledger.missing.length, ledger.doubled.length, ledger.wrong.length]),
  ).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
  await same(20_000);
});

it("two sites that lose each other go on writing, and what both have written is on both afterwards", async () => {
  await lab.cut("a", "b");
  await until("b writes by itself", 20_000, async () => facts(await reportOf("b"))?.readOnly === false);
  const before = facts(await reportOf("b"))?.own ?? 0;
  // Test calls of each node's own agent are not stored; a rule at one side is.
  await until("b's app writes at b", 20_000, () =>
    rule("b", "second").then(
      () => true,
      () => undefined,
    ),
  );
  expect(facts(await reportOf("b"))?.own).toBeGreaterThanOrEqual(before);
  await lab.heal();
  expect(await same(30_000)).toContain("second");
  await waitForGreen(lab, 60_000, () => undefined, signal);
});

it("a node whose disk was lost is filled from the other", async () => {
  await lab.kill("b");
  for (const name of ["mariadb", "mariadb-id"]) await rm(join(dirsOf("b").data, name), { recursive: true });
  await lab.heal();
  await waitForGreen(lab, 60_000, () => undefined, signal);
  expect(await same(20_000)).toContain("second");
});

it("rules that both sites have changed stop the replication, which is told without the data; renew is the way out", async () => {
  await lab.cut("a", "b");
  await until("a rule at each side", 30_000, () =>
    Promise.all([rule("a", "ours-a"), rule("b", "ours-bb")]).then(
      () => true,
      () => undefined,
    ),
  );
  await lab.heal();
  const status = await waitFor(
    lab,
    ({ hosts }) =>
      hosts.some(({ agent }) => facts(agent ?? undefined)?.state === "stopped") ? [] : ["still follows"],
    { deadlineMs: 30_000 },
  );
  const stopped = status.hosts.find(({ agent }) => facts(agent ?? undefined)?.state === "stopped")?.agent;
  expect(facts(stopped ?? undefined)?.error).toMatch(
    /^error 1062: Error 'Duplicate entry '\d+' for key 'PRIMARY''$/,
  );
  await waitFor(
    lab,
    ({ hosts }) =>
      hosts.some(({ agent }) => agent?.light?.reasons.some(({ code }) => code === "replication-stopped"))
        ? []
        : ["the light does not say so"],
    { deadlineMs: 10_000 },
  );
  const holder = status.hosts.find(({ agent }) => agent?.holds)?.name ?? "a";
  const other = holder === "a" ? "b" : "a";
  const desk = openDesk({ data: "", lab: lab.name });
  await desk.order(other, { kind: "renew-database" });
  await copied(desk, other, AbortSignal.timeout(patient(60_000)), tell);
  expect(await same(30_000)).toContain(`ours-${holder === "a" ? "a" : "bb"}`);
  await waitForGreen(lab, 60_000, () => undefined, signal);
});
