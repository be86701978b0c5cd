import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { partFaults } from "../src/drills/faults.ts";
import { isSettled } from "../src/drills/ledger.ts";
import { openSession } from "../src/drills/session.ts";
import type { Lab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { harm } from "./support/harm.ts";
import { sharedLab } from "./support/shared-lab.ts";

/**
 * Each part killed, and stopped for 10 s, on the active and the standby node and on the
 * witness, while calls come in: calls go on, everything becomes green by itself, no record is lost or doubled.
 */

let lab: Lab;
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const pauseMs = 10_000;
/** All 28 faults take 11 minutes: DIALTONE_ALL_FAULTS=1. */
const chosen = partFaults.filter((fault) => fault.short || process.env.DIALTONE_ALL_FAULTS);

beforeAll(async () => {
  lab = await sharedLab(tell);
});

async function hostOf(on: "active" | "standby" | "witness"): Promise<string> {
  const { hosts } = await lab.status();
  const [active = ""] = activeNodes(hosts);
  if (on === "active") return active;
  const role = on === "standby" ? "node" : "witness";
  return hosts.find((host) => host.role === role && host.name !== active)?.name ?? "";
}

describe.each(chosen)("$how $part on the $on node", ({ on, part, how }) => {
  it("calls go on, all becomes green by itself, the ledger is complete", async () => {
    await waitForGreen(lab, 60_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    const host = await hostOf(on);
    await using session = await openSession(lab, {
      name: `${how}-${part}-${on}`,
      rate: 20,
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
    expect(harm(figures).redialsFailed).toBe(0);
    expect(ledger).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
  });
});
