import { expect, it } from "vitest";
import type { Registry } from "../entities/entity.ts";
import { registry as real } from "../routing/registry.ts";
import { readCsv } from "./csv.ts";
import { fileOf, meaning, readFile, shortened } from "./file.ts";

const registry = real as unknown as Registry;

const documents = {
  users: [
    {
      key: "1001",
      document: {
        name: "1001",
        display: "Ada",
        description: "",
        enabled: true,
        may_show: [],
        password: { kept: true },
      },
    },
  ],
  rules: [
    {
      key: "sales",
      document: {
        name: "sales",
        priority: 0,
        enabled: true,
        description: "",
        match: { number: "5000" },
        action: {
          type: "route",
          strategy: "serial",
          targets: [{ type: "user", user: "1001" }],
          record: false,
        },
      },
    },
  ],
};

const text = fileOf(
  new Map(
    Object.entries(documents).map(([part, those]) => [
      part,
      those.map(({ key, document }) => ({ key, document: shortened(registry, { part, key, document }) })),
    ]),
  ),
);

it("writes what is not by default, and reads it back as it was", () => {
  expect(text.split("\n").slice(1).join("\n")).toBe(`
format: 1
users:
  "1001":
    display: Ada
    password: { kept: true }
rules:
  sales:
    match:
      number: "5000"
    action:
      type: route
      targets:
        - type: user
          user: "1001"
`);
  const { given, parts, faults } = readFile(registry, text);
  expect(faults).toEqual([]);
  expect(parts).toEqual(["users", "rules"]);
  const before = Object.entries(documents).flatMap(([part, those]) => those.map((one) => ({ part, ...one })));
  expect(given.map((one) => meaning(registry, one))).toEqual(before.map((one) => meaning(registry, one)));
});

it("takes names that look like numbers as they are written", () => {
  const { given } = readFile(registry, "format: 1\nnumbers:\n  +49711: {user: ada}\n  007: {user: ada}\n");
  expect(given.map(({ key }) => key)).toEqual(["+49711", "007"]);
});

it.each([
  ["users:\n  ada: {}\n", 1, 1, "must begin with 'format: 1'"],
  ["format: 1\nusers:\n  ada: [}\n", 3, 9, ""],
  ["format: 1\nusers:\n  ada: {}\n  ada: {}\n", 4, 3, "unique"],
  ["format: 1\nusers:\n  '1': {}\n  1: {}\n", 3, 3, "stands here twice"],
  ["format: 1\nuser:\n  ada: {}\n", 2, 1, "is no kind"],
  ["format: 1\nusers: 5\n", 2, 1, "must be names"],
  ["format: 1\nusers:\n  ada:\n    displai: x\n", 4, 5, "is not known here"],
  [
    "format: 1\nrules:\n  a:\n    action:\n      type: route\n      targets:\n        - type: user\n          user: ada\n          timeout_ms: 5\n",
    9,
    11,
    "500",
  ],
  ["format: 1\nrules:\n  a:\n    match: {}\n", 3, 3, ""],
] as const)("names line and column of a fault: %j", (file, line, column, message) => {
  const { faults } = readFile(registry, file);
  expect(faults[0]).toMatchObject({ line, column });
  expect(faults[0]?.message).toContain(message);
});

it("reads tables by their columns: what is empty stays as it is", () => {
  const present = { name: "ada", display: "Ada", features: { dnd: true } };
  const csv = 'name,display,may_show\nada,,"1;2"\nbob,Bob,\n';
  const { given, faults } = readCsv(registry, "users", csv, (key) => (key === "ada" ? present : undefined));
  expect(faults).toEqual([]);
  expect(given).toEqual([
    { part: "users", key: "ada", document: { ...present, may_show: ["1", "2"] } },
    { part: "users", key: "bob", document: { name: "bob", display: "Bob" } },
  ]);
});

it.each([
  ["groups", "name,members\ng,ada=x\n", 2, 2],
  ["ranges", "name,first,last\nr,100,199\nr,200,299\n", 3, 1],
  ["numbers", "number,owner\n1,ada\n", 1, 2],
  ["numbers", "user\nada\n", 1, 1],
] as const)("names line and column of a fault in a table of %s: %j", (part, csv, line, column) => {
  expect(readCsv(registry, part, csv, () => undefined).faults).toMatchObject([{ line, column }]);
});
