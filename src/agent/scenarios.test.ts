import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { noPlan } from "./address/announcements.ts";
import { decide } from "./address/decide.ts";
import { judge } from "./address/judge.ts";
import { actionsOf, agentShape, situationOf } from "./scenarios/agent.ts";
import { observationOf, scenarioShape } from "./scenarios/situation.ts";

/** The scenario files: each state, the verdict that belongs to it with all its reasons, and what the agent does. */
const folder = join(import.meta.dirname, "scenarios");

for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  const scenarios = z.array(scenarioShape).parse(parse(readFileSync(join(folder, file), "utf8")));
  describe(file, () => {
    test.each(scenarios)("$name", ({ given, verdict, agent, when, actions }) => {
      const observation = observationOf(given);
      const { mayHold, light, reasons } = judge(observation);
      expect({ mayHold, light, reasons }).toEqual(verdict);
      if (actions) expect(actionsOf(agent, when, observation, mayHold)).toEqual(actions);
      if (observation.role !== "node") return;
      // Whatever else: without fencing and handover keepalived is told what the verdict says.
      const fresh = situationOf(agentShape.parse({ track: "never-written" }), observation, mayHold);
      const told = decide(fresh, { forbiddenSince: undefined, plan: noPlan });
      expect(told.actions[0]).toEqual({ do: "write-track", fit: mayHold });
    });
  });
}
