import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { messageOf } from "../src/base/message.ts";
import { startPhone } from "../src/callers/phone.ts";
import { placeCall } from "../src/callers/place-call.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { routePrefix } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { openLab } from "../src/lab/lab.ts";
import { report, rounded } from "./common.ts";

/**
 * From nothing to the first answered call, and to all green: a new cluster, the same one after an orderly stop of all
 * hosts, and after all hosts lost their power at once. Uses an isolated lab of its own.
 *
 *   node bench/first-call.ts [--lab benchfirst]
 */
const { values } = parseArgs({ options: { lab: { type: "string", default: "benchfirst" } } });
const lab = openLab(values.lab);
const directory = mkdtempSync(join(tmpdir(), "dialtone-bench-"));
const number = "99742";
const port = 5092;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const deadlineMs = 180_000;
const rows: Record<string, string | number>[] = [];

/** Seconds since `from`. */
const since = (from: number) => rounded((performance.now() - from) / 1000, 1);

async function until(what: string, attempt: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + deadlineMs;
  let last = "";
  while (performance.now() < end) {
    try {
      if (await attempt()) return;
    } catch (error) {
      last = messageOf(error);
    }
    await delay(50);
  }
  throw new Error(`${what}: not within ${deadlineMs / 1000} s. ${last}`);
}

/** Starts the cluster by `start` and notes when the API, the first call and the green light were there. */
async function measureStart(name: string, route: boolean, start: () => Promise<unknown>): Promise<void> {
  tell(name);
  const from = performance.now();
  await start();
  const state = lab.state();
  const outside = state.hosts.outside;
  const [callers = "", called = ""] = (outside?.addresses ?? [])
    .slice(-2)
    .map((text) => text.split("/")[0] ?? "");
  const namespace = outside?.namespace ?? "";
  await using _phone = await startPhone({
    place: inNamespace(namespace, called),
    directory,
    name: "firstphone",
    port,
  });
  const row: Record<string, string | number> = { start: name };
  if (route) {
    await until("a route by the API", async () => {
      await routePrefix(values.lab, "bench-first-call", number, `${called}:${port}`);
      return true;
    });
    row["API took a route s"] = since(from);
  } else row["API took a route s"] = "–";
  await until("a call", async () => {
    const call = await placeCall({
      place: inNamespace(namespace, callers),
      directory,
      service: `${state.service}:5060`,
      from: "0445550102",
      to: number,
      seconds: 0,
      patienceMs: 450,
    });
    return call.answered !== undefined;
  });
  row["first call answered s"] = since(from);
  await waitForGreen(lab, deadlineMs, (why) => tell(`  ${why.join("; ")}`), new AbortController().signal);
  row["all green s"] = since(from);
  rows.push(row);
  tell(JSON.stringify(row));
}

try {
  await measureStart("new, empty", true, () => lab.up({ isolated: true, detach: false, fresh: true }));
  await lab.down();
  await measureStart("after an orderly stop", false, () => lab.up({ isolated: true, detach: false }));
  for (const host of ["a", "b", "w"]) await lab.kill(host);
  await measureStart("after all lost their power", false, () => lab.heal());
} finally {
  await lab.down({ wipe: true });
  rmSync(directory, { recursive: true, force: true });
}
await report("first-call", rows);
