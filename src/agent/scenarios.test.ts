import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { judge } from "./judge.ts";
import { observationOf, scenarioShape } from "./scenarios/situation.ts";

/** The scenario files: each state and the verdict that belongs to it, with all its reasons. */
const folder = join(import.meta.dirname, "scenarios");

for (const file of readdirSync(folder).filter((name) => name.endsWith(".yaml"))) {
  const scenarios = z.array(scenarioShape).parse(parse(readFileSync(join(folder, file), "utf8")));
  describe(file, () => {
    test.each(scenarios)("$name", ({ given, verdict }) => {
      const { mayHold, light, reasons } = judge(observationOf(given));
      expect({ mayHold, light, reasons }).toEqual(verdict);
    });
  });
}
