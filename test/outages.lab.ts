import { beforeAll, expect, it } from "vitest";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Fault, openSession } from "../src/drills/session.ts";
import type { Lab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { harm } from "./support/harm.ts";
import { sharedLab } from "./support/shared-lab.ts";

/** Partitions, lost quorum, dead apps, all power off, while calls come in. */

let lab: Lab;
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);

beforeAll(async () => {
  lab = await sharedLab(tell);
});

/** Names of active and standby. */
async function roles(): Promise<{ active: string; standby: string }> {
  await waitForGreen(lab, 90_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
  const { hosts } = await lab.status();
  const [active = ""] = activeNodes(hosts);
  return { active, standby: hosts.find((host) => host.role === "node" && host.name !== active)?.name ?? "" };
}

/** Who really has the service address on its interface. */
async function holders(): Promise<string[]> {
  const { service } = await lab.status();
  const found = await Promise.all(
    ["a", "b"].map(async (host) => {
      const { stdout } = await lab.exec(host, ["ip", "-4", "-o", "addr"]);
      return stdout.includes(` ${service}/`) ? [host] : [];
    }),
  );
  return found.flat();
}

async function callsAround(name: string, fault: Fault) {
  await using session = await openSession(lab, { name, rate: 20, patienceMs: 4000, tell, signal });
  const outcome = await session.run(fault);
  tell(`${name}: ${JSON.stringify(outcome)}`);
  if (outcome.settledMs === null) session.keepLogs();
  expect(outcome.back).toBe(true);
  expect(outcome.ledger).toMatchObject({ missing: [], doubled: [], wrong: [], stray: [], open: 0 });
  return outcome;
}

it("the nodes lose each other, both see the rest: one goes on", async () => {
  // Twice in a row: the second one meets parts that were restarted after the first.
  for (const holdMs of [4000, 1000]) {
    const { active, standby } = await roles();
    const { figures } = await callsAround("cut-nodes", {
      inject: () => lab.cut(active, standby),
      holdMs,
      during: async () => expect(await holders()).toHaveLength(1),
    });
    expect(harm(figures).redialsFailed).toBe(0);
  }
});

it("the witness is cut off: callers notice nothing", async () => {
  const { figures } = await callsAround("cut-witness", {
    inject: () => lab.cut("w"),
    holdMs: 4000,
    during: async () => expect(await holders()).toHaveLength(1),
  });
  expect(harm(figures)).toEqual({ lost: 0, redialsFailed: 0 });
});

it("the active node is cut from everyone: the other one goes on", async () => {
  const { active, standby } = await roles();
  const { figures } = await callsAround("cut-active", {
    inject: () => lab.cut(active),
    holdMs: 4000,
    during: async () => expect(activeNodes((await lab.status()).hosts)).toContain(standby),
  });
  expect(harm(figures).redialsFailed).toBe(0);
});

it("standby and witness without power, so no quorum: calls go on, records arrive later", async () => {
  const { standby } = await roles();
  const { figures } = await callsAround("no-quorum", {
    inject: async () => {
      const [moment] = await Promise.all([lab.kill("w"), lab.kill(standby)]);
      return moment;
    },
    holdMs: 3000,
  });
  expect(harm(figures)).toEqual({ lost: 0, redialsFailed: 0 });
});

it("both apps hang: known numbers still route", async () => {
  const { active, standby } = await roles();
  const { figures } = await callsAround("apps-hang", {
    inject: async () => {
      await lab.pause(standby, "app");
      return lab.pause(active, "app");
    },
  });
  expect(harm(figures).redialsFailed).toBe(0);
});

it("all power off and on again: the service comes back by itself, no call is missing", async () => {
  const { active, standby } = await roles();
  await callsAround("all-power", {
    inject: async () => {
      const [moment] = await Promise.all([lab.kill(active), lab.kill(standby), lab.kill("w")]);
      return moment;
    },
    holdMs: 2000,
    fatal: true,
  });
});
