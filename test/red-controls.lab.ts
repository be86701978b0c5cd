import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Attempt } from "../src/callers/attempt.ts";
import { startPhone } from "../src/callers/phone.ts";
import { hostDirs, runFiles } from "../src/cluster/facts.ts";
import { recordsOn, routeKnownOn, routePrefixOn } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Ground, labGround } from "../src/drills/ground.ts";
import { rolesOf } from "../src/drills/inject.ts";
import { type Comparison, compareLedger, isSettled } from "../src/drills/ledger.ts";
import { startProber } from "../src/drills/prober.ts";
import { openLab } from "../src/lab/lab.ts";

/**
 * Is the outside checker worth anything? What it is there to find is done on purpose, and it has to find it: a record
 * that is lost, one that is there twice, a journal that nobody syncs before the power goes, a database without the keys
 * that make shipping an event twice harmless.
 */

const lab = openLab("redtest");
const never = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const prefix = "9973666";
let ours = false;
let ground: Ground;
let directory: string;
let phone: AsyncDisposable;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
  ground = labGround(lab);
  directory = await mkdtemp(join(tmpdir(), "dialtone-red-"));
  phone = await startPhone({ place: ground.called, directory, name: "phone", port: 5090 });
  await routePrefixOn(ground, "red-controls", prefix, `${ground.called.address}:5090`);
  await routeKnownOn(ground, prefix, 10_000);
});

afterAll(async () => {
  await phone?.[Symbol.asyncDispose]();
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
  if (directory) await rm(directory, { recursive: true });
});

/** Calls to a number of their own, with something that happens in the middle of them. */
async function calls(number: string, seconds: number, during = async () => {}): Promise<Attempt[]> {
  await using prober = await startProber({
    place: ground.caller,
    directory,
    service: ground.service,
    rate: 20,
    patienceMs: 4000,
    from: "0445550100",
    to: number,
  });
  await delay(seconds * 500);
  await during();
  await delay(seconds * 500);
  await prober.finish();
  return prober.attempts();
}

const check = async (number: string, attempts: Attempt[]): Promise<Comparison> =>
  compareLedger(attempts, await recordsOn(ground, { number }));

/** The checker's answer once it is content, or the last one at the deadline. */
async function settled(number: string, attempts: Attempt[], deadlineMs: number): Promise<Comparison> {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const comparison = await check(number, attempts);
    if (isSettled(comparison) || performance.now() > until) return comparison;
    await delay(200);
  }
}

const active = async (): Promise<string> => {
  await waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
  return rolesOf((await ground.look()).hosts).active;
};

/** SQL behind the service's back, on the node that holds the address. */
async function sql(statements: string): Promise<void> {
  const socket = runFiles(hostDirs(lab.state().hosts[await active()]?.data ?? "")).mariadbSocket;
  await execa("mariadb", ["--no-defaults", "--user=root", `--socket=${socket}`, "dialtone"], {
    input: statements,
  });
}

it("is content with calls that nothing happened to; finds a lost record, then a doubled one", async () => {
  const number = `${prefix}1`;
  const attempts = await calls(number, 3);
  const calm = await settled(number, attempts, 20_000);
  expect(calm).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
  expect(calm.expected).toBeGreaterThan(30);
  const [lost, twice] = attempts.map((call) => call.callId);

  const columns =
    "call_ref, call_id, from_tag, caller, callee, number, user_name, source, started_at, answered_at, ended_at, " +
    "duration_ms, status, outcome, reason, target, origin, nodes, attempts, rule, decided_by, closed_how, note, events";
  await sql(
    `DELETE FROM records WHERE call_id = '${lost}';
     INSERT INTO records (id, ${columns}) SELECT UNHEX(MD5('planted')), ${columns} FROM records WHERE call_id = '${twice}';`,
  );
  const found = await check(number, attempts);
  expect([found.missing, found.doubled, isSettled(found)]).toEqual([[lost], [twice], false]);
});

it("finds what a power cut takes from a journal that nobody syncs", async () => {
  const number = `${prefix}2`;
  const holder = await active();
  // Nobody carries the journal to the disk for the last second and a half.
  const attempts = await calls(number, 4, async () => {
    await lab.kill(holder, "agent", { stayDead: true });
    await delay(1500);
    await lab.kill(holder, undefined, { unsynced: true });
  });
  await lab.heal();
  await waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
  const found = await settled(number, attempts, 3000);
  tell(`without sync: ${found.missing.length} of ${found.expected} records are missing, ${found.open} open`);
  expect(found.missing.length).toBeGreaterThan(0);
  expect(isSettled(found)).toBe(false);
});

it("finds records that are there twice because the keys are gone and events are shipped twice", async () => {
  await sql(
    ["events", "records"]
      .map(
        (table) =>
          `ALTER TABLE ${table} DROP PRIMARY KEY, ADD COLUMN row_number_ BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY;`,
      )
      .join("\n"),
  );
  const number = `${prefix}3`;
  const attempts = await calls(number, 2);
  const holder = await active();
  // Without its checkpoint the app ships its whole journal again, which is harmless where the keys are.
  const data = lab.state().hosts[holder]?.data ?? "";
  await rm(join(hostDirs(data).app, "checkpoint.json"), { force: true });
  await lab.kill(holder, "app");
  const until = performance.now() + 20_000;
  let found = await check(number, attempts);
  while (found.doubled.length === 0 && performance.now() < until) {
    await delay(200);
    found = await check(number, attempts);
  }
  tell(`without keys: ${found.doubled.length} of ${found.expected} calls are recorded twice`);
  expect(found.doubled.length).toBeGreaterThan(0);
});
