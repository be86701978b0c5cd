import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { messages } from "./catalogue.ts";

it.each(messages)("$name: its example is as its schema says", ({ schema, example }) => {
  expect(schema.parse(example)).toEqual(example);
});

it("docs/call-status.md has the same list", () => {
  const text = readFileSync(new URL("../../docs/call-status.md", import.meta.url), "utf8");
  const documented = [...text.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, name]) => name);
  expect(documented).toEqual(messages.map(({ name }) => name));
});
