import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answer } from "../answers.ts";
import { parseEvidence } from "../evidence.ts";
import { loadPlan } from "../load.ts";
import { testDates } from "./continuity.ts";
import { htmlPage } from "./html.ts";
import { checkPapers, type Order, papers, writePapers } from "./write.ts";

const directory = mkdtempSync(join(tmpdir(), "dialtone-papers-"));
const loaded = loadPlan("docs/examples/five-servers/plan.yaml");
const status = readFileSync("docs/examples/five-servers/cluster-status.json", "utf8");
const evidence = parseEvidence(status, "cluster-status.json");
const written = new Date("2026-11-21T00:00:00Z");
let order: Order;

beforeAll(async () => {
  const simulation = { years: 1000, seed: 1 };
  order = {
    loaded,
    evidence: undefined,
    written,
    answers: await answer({ plan: loaded.plan, now: written, simulation }),
  };
  await writePapers(directory, order, false);
}, 20_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe("the papers", () => {
  test("hold what is needed on a bad day", () => {
    const { files } = papers(order);
    const plan = files["continuity-plan.md"] ?? "";
    for (const part of [
      "+44 7700 900112",
      "Lena Brandt",
      "Store room, shelf 2",
      "Call the main number from a mobile and listen in both directions",
      "To fail back when the fault is repaired",
      "the place burns down: call records: 24 h",
      "Test calendar",
      "2027-02-20",
      "Keep copies of this off the servers",
    ])
      expect(plan).toContain(part);
    expect(files["checklist.md"]).toContain("Keep a copy off the servers");
    const specification = files["specification.md"] ?? "";
    for (const part of ["floor(x/z)", "three times", "99.954 %", "Vishwanath", "What this leaves out"])
      expect(specification).toContain(part);
  });

  test("the HTML is one file with its pictures inside and no address outside", () => {
    const { files } = papers(order);
    const html = files["specification.html"] ?? "";
    expect(html.match(/<svg/g)).toHaveLength(4);
    expect(html).not.toMatch(/<img|<script|https?:\/\/(?!www\.w3\.org)/);
    expect(html).not.toContain("<p><figure>");
  });

  test("text of the plan can not break the page", () => {
    const html = htmlPage("a<b", "*x*", {}, "checklist");
    expect(html).toContain("<title>a&lt;b</title>");
    const tricky = { ...loaded.plan, company: "A | B <script>*x*" };
    const { files } = papers({ ...order, loaded: { ...loaded, plan: tricky } });
    expect(files["specification.html"]).not.toContain("<script>");
    expect(files["specification.html"]).toContain("A | B &lt;script&gt;*x*");
  });

  test("a picture that was not drawn is an error, not a hole", () => {
    expect(() => htmlPage("t", "![x](pictures/none.svg)", {}, "k")).toThrow(
      /pictures\/none\.svg was not drawn/,
    );
  });

  test("the same plan, date and seed give the same papers", () => {
    expect(papers(order).files["specification.md"]).toBe(papers(order).files["specification.md"]);
  });

  test("dates of the tests", () => {
    const [plug, , ups] = testDates(loaded.plan, written);
    expect(plug?.dates).toHaveLength(4);
    expect(ups?.dates).toEqual(["2027-11-21"]);
  });
});

describe("out of date", () => {
  const check = (change: Partial<Parameters<typeof checkPapers>[1]> = {}) =>
    checkPapers(directory, { loaded, evidence: undefined, now: written, ...change });

  test("not when nothing changed", () => {
    expect(check()).toEqual([]);
  });
  test("when the plan changed", () => {
    expect(check({ loaded: { ...loaded, text: `${loaded.text}\n# new` } })).toEqual([
      "plan.yaml has changed since they were written",
    ]);
  });
  test("when drills came, but not when they were only read again", async () => {
    expect(check({ evidence })).toEqual(["there are measurements now, and they were written without any"]);
    const own = mkdtempSync(join(tmpdir(), "dialtone-papers-"));
    await writePapers(own, { ...order, evidence }, false);
    const again = { ...evidence, taken: "2026-11-21T09:00:00Z" };
    expect(checkPapers(own, { loaded, evidence: again, now: written })).toEqual([]);
    const [drill] = evidence.drills;
    if (!drill) throw new Error("no drill");
    const more = { ...evidence, drills: [...evidence.drills, { ...drill, at: "2026-11-21T01:00:00Z" }] };
    expect(checkPapers(own, { loaded, evidence: more, now: written })).toEqual([
      "the cluster or its drills have changed since they were written",
    ]);
    rmSync(own, { recursive: true });
  });
  test("when a test was due, and after a year", () => {
    expect(check({ now: new Date("2027-03-01") }).join()).toMatch(
      /'Pull the plug .*' was due \(every 3 months\)/,
    );
    expect(check({ now: new Date("2028-01-01") }).join()).toMatch(
      /look through plan.yaml at least once a year/,
    );
  });
  test("when a paper was changed by hand or is missing", () => {
    const file = join(directory, "checklist.md");
    const text = readFileSync(file, "utf8");
    writeFileSync(file, `${text}\nscribble`);
    expect(check()).toEqual(["checklist.md was changed by hand; change plan.yaml instead"]);
    rmSync(file);
    expect(check()).toEqual(["checklist.md is missing"]);
    writeFileSync(file, text);
  });
  test("the example in docs/ is what the planner writes", async () => {
    // Written with: dialtone plan docs … --from-cluster … --years 100000 --date 2026-11-21
    const example = "docs/examples/five-servers/plan-docs";
    expect(checkPapers(example, { loaded, evidence, now: written })).toEqual([]);
    const simulation = { years: 100_000, seed: 20_090_527 };
    const answers = await answer({ plan: loaded.plan, evidence, now: written, simulation });
    const { files } = papers({ loaded, evidence, answers, written });
    for (const name of ["specification.md", "continuity-plan.md", "checklist.md"])
      expect(readFileSync(join(example, name), "utf8"), name).toBe(files[name]);
  }, 30_000);
  test("no papers at all", () => {
    expect(() => checkPapers("/nonexistent", { loaded, evidence: undefined, now: written })).toThrow(
      /write them with 'dialtone plan docs'/,
    );
  });
});
