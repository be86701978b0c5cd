import { expect, test } from "vitest";
import { accountIn } from "./files.ts";
import { missingCapabilities } from "./preflight.ts";
import { identify, isAlive, parseStat } from "./process.ts";

test("a command with parentheses and spaces does not shift the fields", () => {
  const stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 987654 1000 10";
  expect(parseStat(stat)).toEqual({ state: "S", parent: 1, group: 42, start: "987654" });
});

test("a pid with another start time is another process", () => {
  const self = identify(process.pid);
  expect(self && isAlive(self)).toBe(true);
  expect(isAlive({ pid: process.pid, start: "1" })).toBe(false);
});

test("names missing capabilities", () => {
  expect(missingCapabilities("Name:\tnode\nCapEff:\t000001ffffffffff\n")).toEqual([]);
  expect(missingCapabilities("CapEff:\t0000000000000000\n")).toContain("CAP_NET_ADMIN");
});

test("finds a user in /etc/passwd", () => {
  expect(accountIn("root:x:0:0:root:/root:/bin/bash\nmysql:x:102:105::/:\n", "mysql")).toEqual({
    uid: 102,
    gid: 105,
  });
  expect(accountIn("root:x:0:0:root:/root:/bin/bash\n", "roo")).toBeUndefined();
});
