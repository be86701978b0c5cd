import { expect, test } from "vitest";
import { keysIn } from "./dialog-sweep.ts";

test("Call-IDs of a dump of Kamailio's table, slot by slot", () => {
  const slot = (...names: string[]) => ({
    entry: 12,
    size: names.length,
    slot: names.map((name) => ({ name, value: "sip:x|y", type: "str" })),
  });
  expect(keysIn([])).toEqual([]);
  expect(keysIn([slot("one@192.0.2.1", "two"), slot("three")])).toEqual(["one@192.0.2.1", "two", "three"]);
});
