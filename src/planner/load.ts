import { readFileSync } from "node:fs";
import { ConfigError, parseYaml } from "../cluster/load.ts";
import { type Plan, planSchema } from "./checked-plan.ts";

/** A plan with the text that it was read from (the text is what the papers are compared with). */
export interface LoadedPlan {
  file: string;
  text: string;
  plan: Plan;
}

/** Checks the text of a plan.yaml. Pure. @throws ConfigError with the line of each fault and what to write instead */
export const parsePlan = (text: string, file: string): Plan => parseYaml(text, file, planSchema);

/** Reads and checks a plan.yaml. @throws ConfigError */
export function loadPlan(file: string): LoadedPlan {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([
      `${file}: can not be read (${(error as NodeJS.ErrnoException).code}): write one with 'dialtone plan init'`,
    ]);
  }
  return { file, text, plan: parsePlan(text, file) };
}
