import { mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { Answers } from "../answers.ts";
import type { Evidence } from "../evidence.ts";
import { moneyFormat } from "../format.ts";
import type { LoadedPlan } from "../load.ts";
import { contributionChart, costChart, lengthChart } from "./charts.ts";
import { checklist, continuityPlan } from "./continuity.ts";
import { dependencyGraph } from "./graph.ts";
import { htmlPage } from "./html.ts";
import { printPdf } from "./pdf.ts";
import { specification } from "./specification.ts";
import { type Manifest, manifestOf, manifestSchema, outOfDate, stampText } from "./stamp.ts";

/** Writes the papers into a directory, and looks whether those there are still true. */

export interface Order {
  loaded: LoadedPlan;
  evidence: Evidence | undefined;
  answers: Answers;
  written: Date;
}

const MANIFEST = "manifest.json";

/** The pictures by their address in the papers. Pure. */
function pictures({ loaded, answers }: Order): Record<string, string> {
  const money = moneyFormat(answers.currency);
  const main = answers.businessCases.find((each) => each.group === answers.mainGroup);
  const [first] = answers.simulation.services;
  return {
    "pictures/dependencies.svg": dependencyGraph(loaded.plan),
    "pictures/contributions.svg": contributionChart(answers.contributions, money),
    ...(main && { "pictures/cost.svg": costChart(main, money) }),
    ...(first && { "pictures/outages.svg": lengthChart(first) }),
  };
}

/** All text files by name: Markdown, HTML and SVG. Pure. */
export function papers(order: Order): { files: Record<string, string>; manifest: Manifest } {
  const { loaded, evidence, answers, written } = order;
  const { plan } = loaded;
  const { years, seed } = answers.simulation;
  const made = { planFile: loaded.file, planText: loaded.text, evidence, written, years, seed };
  const stamp = stampText(manifestOf(made, {}));
  const drawn = pictures(order);
  const texts = {
    specification: { title: `Availability: ${plan.company}`, text: specification(plan, answers, stamp) },
    "continuity-plan": {
      title: `Continuity: ${plan.company}`,
      text: continuityPlan(plan, answers, stamp, written),
    },
    checklist: { title: `Checklist: ${plan.company}`, text: checklist(plan, answers, stamp) },
  };
  const files: Record<string, string> = { ...drawn };
  for (const [name, { title, text }] of Object.entries(texts)) {
    files[`${name}.md`] = text;
    files[`${name}.html`] = htmlPage(title, text, drawn, name);
  }
  return { files, manifest: manifestOf(made, files) };
}

/** Writes the papers; returns the files written. @throws NoChromium after everything but the PDFs was written */
export async function writePapers(directory: string, order: Order, pdf: boolean): Promise<string[]> {
  const { files, manifest } = papers(order);
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    await writeFileAtomic(path, text);
  }
  await writeFileAtomic(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  const html = Object.keys(files).filter((name) => name.endsWith(".html"));
  const printed = html.map((name) => name.replace(/html$/, "pdf"));
  if (pdf)
    for (const name of html)
      await printPdf(join(directory, name), join(directory, name.replace(/html$/, "pdf")));
  return [...Object.keys(files), ...(pdf ? printed : []), MANIFEST];
}

const readOrNothing = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

/** Why the papers in a directory are out of date; empty = they are true. @throws Error when there are none */
export function checkPapers(
  directory: string,
  { loaded, evidence, now }: { loaded: LoadedPlan; evidence: Evidence | undefined; now: Date },
): string[] {
  const text = readOrNothing(join(directory, MANIFEST));
  if (text === undefined) throw new Error(`no papers in ${directory}: write them with 'dialtone plan docs'`);
  const manifest = manifestSchema.parse(JSON.parse(text));
  const files = Object.fromEntries(
    Object.keys(manifest.files).map((name) => [name, readOrNothing(join(directory, name))]),
  );
  return outOfDate(manifest, { planText: loaded.text, plan: loaded.plan, evidence, now, files });
}
