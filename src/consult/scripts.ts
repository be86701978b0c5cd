import { documents } from "../entities/document.ts";
import { Problem } from "../http/problems.ts";
import { checkScript } from "./check.ts";
import { scriptSchema } from "./script-schema.ts";

export const scripts = documents({
  kind: "script",
  table: "scripts",
  path: "scripts",
  tag: "scripts",
  schema: scriptSchema,
  key: scriptSchema.shape.name,
  replace: scriptSchema.partial({ name: true }),
  prepare: async (script) => {
    const faults = await checkScript(script.source);
    if (faults.length > 0)
      throw new Problem(
        "invalid-script",
        faults.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`).join("; "),
      );
    return script;
  },
  assertUnused: async (trx, name) => {
    const rules = await trx.selectFrom("rules").select(["name", "body"]).execute();
    const user = rules.find(({ body }) => {
      const { action } = JSON.parse(body) as { action?: { type?: string; script?: string } };
      return action?.type === "script" && action.script === name;
    });
    if (user) throw new Problem("in-use", `rule ${user.name} lets it decide`);
  },
});
