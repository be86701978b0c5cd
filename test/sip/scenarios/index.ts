import type { Scenario } from "../world.ts";
import { calls } from "./calls.ts";

/** name → what happens, and with which `sip` section of cluster.yaml. */
export const scenarios: Record<string, { run: Scenario; sip: Record<string, unknown> }> = Object.fromEntries(
  Object.entries({ ...calls }).map(([name, run]) => [name, { run, sip: {} }]),
);
