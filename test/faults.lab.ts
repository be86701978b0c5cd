import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { partFaults } from "../src/drills/faults.ts";
import { isSettled } from "../src/drills/ledger.ts";
import { openSession } from "../src/drills/session.ts";
import { openLab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";

/**
 * Each part killed, and stopped for 10 s, on the active and the standby node and on the
 * witness, while calls come in: calls go on, everything becomes green by itself, no record is lost or doubled.
 */

const lab = openLab("faultstest");
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const pauseMs = 10_000;
/** All 24 faults take 9 minutes: DIALTONE_ALL_FAULTS=1. */
const chosen = partFaults.filter((fault) => fault.short || process.env.DIALTONE_ALL_FAULTS);

/** Somebody else's lab of this name is not ours to take down. */
let ours = false;

beforeAll(async () => {
  await lab.up({ isolated: true, detach: false, fresh: true });
  ours = true;
  await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true });
});

async function hostOf(on: "active" | "standby" | "witness"): Promise<string> {
  const { hosts } = await lab.status();
  const [active = ""] = activeNodes(hosts);
  if (on === "active") return active;
  const role = on === "standby" ? "node" : "witness";
  return hosts.find((host) => host.role === role && host.name !== active)?.name ?? "";
}

describe.each(chosen)("$how $part on the $on node", ({ on, part, how }) => {
  it("calls go on, all becomes green by itself, the ledger is complete", { timeout: 180_000 }, async () => {
    await waitForGreen(lab, 60_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    const host = await hostOf(on);
    await using session = await openSession(lab, {
      name: `${how}-${part}-${on}`,
      rate: 50,
      patienceMs: 4000,
      tell,
      signal,
    });
    const outcome = await session.run({
      inject: () => (how === "kill" ? lab.kill(host, part) : lab.pause(host, part)),
      ...(how === "pause" ? { holdMs: pauseMs } : {}),
      // A stopped process goes on; a killed one is the agent's business alone (its keeper's, if it is the agent).
      repair: () => (how === "pause" ? lab.resume(host, part) : delay(0)),
    });
    const { figures, ledger } = outcome;
    tell(
      `${how} ${part} on ${on} (${host}): z ${figures.z} ms, slowest ${figures.slowestMs} ms, ${JSON.stringify(outcome)}`,
    );
    if (!isSettled(ledger) || figures.redialsFailed > 0) session.keepLogs();
    expect(figures.redialsFailed).toBe(0);
    expect(ledger).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
  });
});
