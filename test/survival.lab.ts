import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import {
  browserKinds,
  type Cell,
  columns,
  documented,
  faults,
  matrixText,
  notices,
  notTested,
  surviveOne,
} from "../src/drills/survival.ts";
import type { Lab } from "../src/lab/lab.ts";
import { activeNodes } from "../src/lab/readiness.ts";
import { BrowserCalls } from "./support/browser-calls.ts";
import { sharedLab } from "./support/shared-lab.ts";

/**
 * Each kind of call through each fault. docs/survival-matrix.md says what callers notice,
 * and this test proves that it is not worse. All faults take 8 minutes: DIALTONE_ALL_FAULTS=1, else six
 * of them, one with browsers. SURVIVAL_WRITE=1 writes the matrix again; with `-t FAULT` that row of it.
 */

let lab: Lab;
let browsers: BrowserCalls | undefined;
const signal = new AbortController().signal;
const tell = (text: string) => void process.stderr.write(`${text}\n`);
const file = new URL("../docs/survival-matrix.md", import.meta.url);
const writing = process.env.SURVIVAL_WRITE === "1";
/** What browsers may notice: their column is tried here, and only here, for each fault takes them a while. */
const withBrowsers = [
  "host loses its power",
  "planned switchover",
  "kamailio killed",
  "rtpengine killed",
  "haproxy killed",
  "haproxy hangs",
];
const short = [...withBrowsers.slice(0, 5), "rtpengine hangs"];
/**
 * A Chromium with four telephones is most of what the machine then does, and the others' calls wait for it: in the short run browsers
 * are there for the fault that is theirs alone. bench/browser-phone.ts cuts the power under them, test/phone.lab.ts tries the rest.
 */
const shortBrowsers = ["haproxy killed"];
/** The promise: audio is back within a second of a host's death; how busy the machine is with its parts adds to it. */
const browserGapMs = 1000;
const all = writing || process.env.DIALTONE_ALL_FAULTS !== undefined;
const chosen = faults.filter(({ name }) => all || short.includes(name));
const results: { name: string; cells: Record<string, Cell> }[] = [];

const preface = `# What callers notice of a fault

Written by \`SURVIVAL_WRITE=1 npx vitest run --project lab-shared test/survival.lab.ts\`, a row of it by adding \`-t "FAULT"\`. That test tries six of
the faults again whenever it runs, one of them (haproxy killed) with browsers, and all of them with \`DIALTONE_ALL_FAULTS=1\`: what is noticed then
must not be worse than what stands here; what says "not tested" was not.
Two calls of each kind talk through the media relay while the fault happens on the node that holds the service address
(or on its standby); one call is then hung up by its caller, the other by its callee, and both records must say so, right
to a second, once. "nothing" is a wait for audio of at most 150 ms (what a busy machine of two cores does by itself).
The columns of the console's telephone are of a real Chromium with a fake microphone, one call of each kind, with a telephone over UDP
and with another browser: the longest wait at either end (a browser's own statistics are new every 50 ms or so). bench/browser-phone.ts measures more of them.

New calls during a fault: see the drills (\`dialtone drill …\`, bench/README.md). What becomes of calls that nobody has answered, and
of parked ones, beside what the column "ringing" says: docs/people.md, "When the node dies, or the address moves".
Calls at FreeSWITCH hosts, which die with their host: docs/freeswitch.md, "When no node can be asked", untried with a real one.

`;

beforeAll(async () => {
  lab = await sharedLab(tell);
  browsers = await BrowserCalls.open(lab);
});

afterAll(async () => {
  await browsers?.[Symbol.asyncDispose]();
  if (writing && results.length > 0)
    writeFileSync(file, `${preface}${matrixText(results, readFileSync(file, "utf8"))}\n`);
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
      const some = (all ? withBrowsers : shortBrowsers).includes(name);
      cells = await surviveOne(lab, fault, host, some ? browsers : undefined);
    } finally {
      await lab.heal();
    }
    results.push({ name, cells });
    tell(`${name}: ${JSON.stringify(cells)}`);
    for (const kind of browserKinds) {
      const cell = cells[kind];
      if (!cell) continue;
      expect(cell.faults, `${name}, ${kind}`).toEqual([]);
      expect(cell.gapMs, `${name}, ${kind}: ms without audio`).toBeLessThanOrEqual(patient(browserGapMs));
    }
    if (writing) return;
    const matrix = readFileSync(file, "utf8");
    for (const kind of columns) {
      const cell = cells[kind];
      if (!cell && browserKinds.some((one) => one === kind)) continue;
      const said = documented(matrix, name, kind) ?? "not in the matrix";
      // Promised nothing; a SURVIVAL_WRITE=1 run fills it.
      if (said === notTested) continue;
      const promised = notices.findIndex((notice) => said.startsWith(notice));
      expect(promised, `${name}, ${kind}: ${said}`).toBeGreaterThanOrEqual(0);
      // How long a gap is depends on what else the machine does: bench/media.ts measures it.
      const allowed = Math.max(promised, notices.indexOf("a longer gap"));
      expect(
        notices.indexOf(cell?.notice ?? "the call is lost"),
        `${name}, ${kind}: the matrix says '${said}', and it was ${JSON.stringify(cell)}`,
      ).toBeLessThanOrEqual(allowed);
      if (!said.includes(";")) expect(cell?.faults, `${name}, ${kind}`).toEqual([]);
    }
  });
});
