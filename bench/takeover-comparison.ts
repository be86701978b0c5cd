import { parseArgs } from "node:util";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { type Spread, spread } from "../src/drills/measure.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { until } from "../src/lab/wait.ts";
import { report } from "./common.ts";
import { type Contender, keepalivedDefaults, pacemakerDefaults } from "./takeover/contenders.ts";
import { addresses, ask, measureDeath, nodeNames, openStage, service, startSip } from "./takeover/stage.ts";

/**
 * Death of the host that has the service address, as callers see it, under Dialtone and under others with their
 * defaults: the same wiring, the same question every 10 ms (OPTIONS), one after the other in one run.
 *
 *   node bench/takeover-comparison.ts [--runs 10] [--only dialtone,keepalived,pacemaker]
 *
 * Pacemaker's packages are downloaded with apt-get (its lists must be there) and unpacked for this run only.
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    only: { type: "string", default: "dialtone,keepalived,pacemaker" },
  },
});
const runs = Number(values.runs);
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);

async function dialtone(): Promise<number[]> {
  const lab = openLab("takeovercmp");
  try {
    await lab.up({ isolated: true, detach: false, fresh: true });
    const outside = lab.state().hosts[outsideHost];
    const own = outside?.addresses[0]?.split("/")[0] ?? "";
    const z: number[] = [];
    for (let run = 1; run <= runs; run++) {
      await waitForGreen(lab, 180_000, () => undefined, signal);
      const { hosts, service: address } = await lab.status();
      const [active = ""] = activeNodes(hosts);
      const back = () =>
        until("the other node has the address", 60_000, async () => {
          const [next] = activeNodes((await lab.status()).hosts);
          return next !== undefined && next !== active;
        });
      const kill = async () => (await lab.kill(active)).wall_ms;
      z.push(await measureDeath(ask(outside?.namespace ?? "", address, own), kill, back));
      tell(`Dialtone ${run}/${runs}: z ${z.at(-1)} ms`);
      await lab.heal();
    }
    return z;
  } finally {
    await lab.down({ wipe: true });
  }
}

async function others(contender: Contender): Promise<number[]> {
  await using stage = await openStage();
  await contender.prepare(stage);
  const start = async (host: (typeof nodeNames)[number]) => {
    await startSip(stage, host);
    await contender.start(stage, host);
  };
  for (const host of nodeNames) await start(host);
  const settled = () =>
    until(`${contender.name}: both hosts are there`, 180_000, () => contender.settled(stage));
  await settled();
  await contender.configure(stage);
  const z: number[] = [];
  for (let run = 1; run <= runs; run++) {
    await until("one host has the address", 60_000, async () => (await stage.holders()).length === 1);
    await settled();
    const [active = "a"] = await stage.holders();
    const back = () =>
      until("the other host has the address", 60_000, async () => (await stage.holders()).length === 1);
    const asked = ask(stage.namespace(outsideHost), service, addresses[outsideHost]);
    z.push(await measureDeath(asked, () => stage.kill(active), back));
    tell(`${contender.name} ${run}/${runs}: z ${z.at(-1)} ms`);
    await stage.plug(active);
    await start(active);
  }
  return z;
}

const row = (what: string, z: number[]) => {
  const { min, median, max } = spread(z) as Spread; // at least one run
  return { what, runs: z.length, "z min ms": min, "z median ms": median, "z max ms": max };
};

const chosen = values.only.split(",");
const rows: Record<string, string | number>[] = [];
if (chosen.includes("dialtone")) rows.push(row("Dialtone", await dialtone()));
if (chosen.includes("keepalived")) rows.push(row(keepalivedDefaults.name, await others(keepalivedDefaults)));
if (chosen.includes("pacemaker")) rows.push(row(pacemakerDefaults.name, await others(pacemakerDefaults)));
await report(chosen.length === 3 ? "takeover-comparison" : `takeover-comparison-${chosen.join("-")}`, rows);
