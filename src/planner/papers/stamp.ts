import { createHash } from "node:crypto";
import { z } from "zod";
import type { Plan } from "../checked-plan.ts";
import type { Evidence } from "../evidence.ts";
import { timeText } from "../format.ts";

/** From what the papers were made, and whether they are still true. Pure. */

const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The papers' format: a newer planner that writes other things makes old papers out of date. */
const PAPERS_VERSION = 1;
/** A plan that nobody looked at for a year is out of date, whatever it says. */
const OLDEST = 365 * 86_400;

export const manifestSchema = z.strictObject({
  papers: z.int(),
  written: z.iso.datetime(),
  planFile: z.string(),
  plan: z.string(),
  /** Digest of policy, nodes and drills, without the time at which they were read. */
  evidence: z.string().nullable(),
  years: z.int(),
  seed: z.int(),
  /** File → digest of what was written. */
  files: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

const evidenceDigest = (evidence: Evidence | undefined): string | null => {
  if (!evidence) return null;
  const { taken: _taken, ...lasting } = evidence;
  return digest(JSON.stringify(lasting));
};

export function manifestOf(
  made: {
    planFile: string;
    planText: string;
    evidence: Evidence | undefined;
    written: Date;
    years: number;
    seed: number;
  },
  files: Record<string, string>,
): Manifest {
  return {
    papers: PAPERS_VERSION,
    written: made.written.toISOString(),
    planFile: made.planFile,
    plan: digest(made.planText),
    evidence: evidenceDigest(made.evidence),
    years: made.years,
    seed: made.seed,
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, digest(text)])),
  };
}

/** What stands on each paper. */
export const stampText = (manifest: Pick<Manifest, "written" | "plan" | "evidence">): string =>
  `Written by 'dialtone plan docs' on ${manifest.written.slice(0, 10)} from plan ${manifest.plan.slice(0, 12)}` +
  `${manifest.evidence ? ` and drills ${manifest.evidence.slice(0, 12)}` : ", without measurements"}. 'dialtone plan check' says whether it is still true.`;

export interface Present {
  planText: string;
  plan: Plan;
  evidence: Evidence | undefined;
  now: Date;
  /** The files as they are now; a missing one is undefined. */
  files: Record<string, string | undefined>;
}

/** Reasons why the papers are out of date; empty = they are true. */
export function outOfDate(manifest: Manifest, present: Present): string[] {
  const reasons: string[] = [];
  const age = (present.now.getTime() - Date.parse(manifest.written)) / 1000;
  if (manifest.plan !== digest(present.planText))
    reasons.push("plan.yaml has changed since they were written");
  const evidence = evidenceDigest(present.evidence);
  if (evidence !== null && evidence !== manifest.evidence)
    reasons.push(
      manifest.evidence === null
        ? "there are measurements now, and they were written without any"
        : "the cluster or its drills have changed since they were written",
    );
  if (evidence === null && manifest.evidence !== null)
    reasons.push("they were written with measurements: give them with --from-cluster to compare");
  if (manifest.papers !== PAPERS_VERSION) reasons.push("this version of dialtone writes other papers");
  if (age > OLDEST)
    reasons.push(`they are ${timeText(age)} old; look through plan.yaml at least once a year`);
  for (const [name, wanted] of Object.entries(manifest.files)) {
    const text = present.files[name];
    if (text === undefined) reasons.push(`${name} is missing`);
    else if (digest(text) !== wanted) reasons.push(`${name} was changed by hand; change plan.yaml instead`);
  }
  for (const test of present.plan.continuity.tests) {
    const drills = present.evidence?.drills.map((drill) => Date.parse(drill.at)) ?? [];
    const last = Math.max(Date.parse(manifest.written), ...drills);
    if ((present.now.getTime() - last) / 1000 > test.every.high)
      reasons.push(
        `the test '${test.what}' was due (every ${timeText(test.every.high)}); do it and write again`,
      );
  }
  return reasons;
}
