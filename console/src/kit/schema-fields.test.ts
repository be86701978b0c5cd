import { expect, test } from "vitest";
import { blankOf, bodyOf, differing, fieldsOf } from "./schema-fields.ts";

const schema = {
  type: "object",
  required: ["name", "kind"],
  properties: {
    name: { type: "string", description: "what it is called" },
    kind: { enum: ["a", "b"], type: "string" },
    site: { anyOf: [{ type: "string" }, { type: "null" }] },
    after_s: { type: "integer", minimum: 3, maximum: 180, default: 20 },
    enabled: { type: "boolean" },
    callers: { type: "array", items: { type: "string" } },
    features: { type: "object" },
    zone: { $ref: "#/components/schemas/Zone" },
  },
};
const refs = { Zone: { type: "string", maxLength: 40 } };

test("fields of a flat body, with what is known of each", () => {
  const fields = fieldsOf(schema, refs);
  expect(fields.map(({ name, kind, required, nullable }) => [name, kind, required, nullable])).toEqual([
    ["name", "text", true, false],
    ["kind", "choice", true, false],
    ["site", "text", false, true],
    ["after_s", "number", false, false],
    ["enabled", "switch", false, false],
    ["callers", "list", false, false],
    ["features", "other", false, false],
    ["zone", "text", false, false],
  ]);
  expect(fields[3]).toMatchObject({ min: 3, max: 180, initial: 20 });
  expect(fields.map(blankOf)).toEqual(["", "", "", 20, false, [], undefined, ""]);
});

test("a text that is none by default is an empty one in its field, and none again when it is sent", () => {
  const fields = fieldsOf({
    type: "object",
    properties: { ca: { anyOf: [{ type: "string" }, { type: "null" }], default: null } },
  });
  expect(fields.map(blankOf)).toEqual([""]);
  expect(bodyOf(fields, { ca: "" })).toEqual({ ca: null });
});

test("what is empty is left out, or null where it may be; what is not shown goes back as it came", () => {
  expect(
    bodyOf(fieldsOf(schema, refs), {
      name: "x",
      kind: "a",
      site: "",
      after_s: "",
      zone: "",
      callers: [],
      other: { a: 1 },
    }),
  ).toEqual({ name: "x", kind: "a", site: null, other: { a: 1 } });
});

test("documents differ by value, not by the order of their fields", () => {
  expect(differing({ a: { x: 1, y: 2 }, b: 1 }, { b: 1, a: { y: 2, x: 1 }, c: 3 })).toEqual(["c"]);
});
