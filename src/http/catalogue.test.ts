import { readFileSync } from "node:fs";
import { glob } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalogue } from "./problems.ts";

/** The catalogue has each code that may be answered (the compiler refuses others), and none that is not. */
test("each code of the catalogue is answered somewhere", async () => {
  const source = join(import.meta.dirname, "..");
  const text: string[] = [];
  for await (const name of glob("**/*.ts", { cwd: source }))
    if (!name.endsWith(".test.ts") && name !== "http/problems.ts")
      text.push(readFileSync(join(source, name), "utf8"));
  const all = text.join("\n");
  const stale = Object.keys(catalogue).filter((code) => !all.includes(`"${code}"`));
  expect(stale).toEqual([]);
});
