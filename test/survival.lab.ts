import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import {
  type Cell,
  documented,
  faults,
  kinds,
  matrixText,
  notices,
  surviveOne,
} from "../src/drills/survival.ts";
import type { Lab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { sharedLab } from "./support/shared-lab.ts";

/**
 * Each kind of call through each fault. docs/survival-matrix.md says what callers notice,
 * and this test proves that it is not worse. All faults take 4 minutes: DIALTONE_ALL_FAULTS=1, else four
 * of them. SURVIVAL_WRITE=1 writes the matrix again.
 */

let lab: Lab;
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const file = new URL("../docs/survival-matrix.md", import.meta.url);
const writing = process.env.SURVIVAL_WRITE === "1";
const short = ["host loses its power", "planned switchover", "rtpengine killed", "rtpengine hangs"];
const chosen = faults.filter(
  ({ name }) => writing || process.env.DIALTONE_ALL_FAULTS || short.includes(name),
);
const results: { name: string; cells: Record<string, Cell> }[] = [];

const preface = `# What callers notice of a fault

Written by \`SURVIVAL_WRITE=1 npx vitest run --project lab-shared test/survival.lab.ts\`, and proved again by each run of that test:
two calls of each kind talk through the media relay while the fault happens on the node that holds the service address
(or on its standby); one call is then hung up by its caller, the other by its callee, and both records must say so, right
to a second, once. "nothing" is a wait for audio of at most 150 ms (what a busy machine of two cores does by itself).

New calls during a fault: see the drills (\`dialtone drill …\`, bench/README.md). What becomes of calls that nobody has answered, and
of parked ones, beside what the column "ringing" says: docs/people.md, "When the node dies, or the address moves".
Calls at FreeSWITCH hosts, which die with their host: docs/freeswitch.md, "When no node can be asked", untried with a real one.

`;

beforeAll(async () => {
  lab = await sharedLab(tell);
});

afterAll(() => {
  if (writing && results.length > 0) writeFileSync(file, `${preface}${matrixText(results)}\n`);
});

describe.each(chosen)("$name", ({ name, fault }) => {
  it("every kind of call survives as the matrix says", async () => {
    await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), signal);
    const { hosts } = await lab.status();
    const [active = ""] = activeNodes(hosts);
    const standby = hosts.find((host) => host.role === "node" && host.name !== active)?.name ?? "";
    const host = "on" in fault && fault.on === "standby" ? standby : active;
    let cells: Record<string, Cell>;
    try {
      cells = await surviveOne(lab, fault, host);
    } finally {
      await lab.heal();
    }
    results.push({ name, cells });
    tell(`${name}: ${JSON.stringify(cells)}`);
    if (writing) return;
    const matrix = readFileSync(file, "utf8");
    for (const kind of kinds) {
      const cell = cells[kind.name];
      const said = documented(matrix, name, kind.name) ?? "not in the matrix";
      // Promised nothing; a SURVIVAL_WRITE=1 run fills it.
      if (said === "not tested") continue;
      const promised = notices.findIndex((notice) => said.startsWith(notice));
      expect(promised, `${name}, ${kind.name}: ${said}`).toBeGreaterThanOrEqual(0);
      // How long a gap is depends on what else the machine does: bench/media.ts measures it.
      const allowed = Math.max(promised, notices.indexOf("a longer gap"));
      expect(
        notices.indexOf(cell?.notice ?? "the call is lost"),
        `${name}, ${kind.name}: the matrix says '${said}', and it was ${JSON.stringify(cell)}`,
      ).toBeLessThanOrEqual(allowed);
      if (!said.includes(";")) expect(cell?.faults, `${name}, ${kind.name}`).toEqual([]);
    }
  });
});
