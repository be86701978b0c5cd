import { describe, expect, it } from "vitest";
import { prunable } from "./retention.ts";
import type { Segment } from "./segments.ts";

const hour = 3_600_000;
const now = 1000 * hour;
const segment = (name: string, ageHours: number, size = 100): Segment => ({
  path: `/j/${name}`,
  name,
  key: name,
  ino: 1,
  size,
  modifiedMs: now - ageHours * hour,
});
const names = (segments: Segment[], shipped: (key: string) => number, maxBytes = 10_000) =>
  prunable(segments, shipped, now, { keepMs: 24 * hour, maxBytes }).map((entry) => entry.name);

describe("prunable", () => {
  const segments = [
    segment("old.log", 50),
    segment("older.log", 60),
    segment("young.log", 2),
    segment("acc_7.log", 90),
  ];

  it("takes what is old and stored, never what Kamailio holds open", () => {
    expect(names(segments, () => 100)).toEqual(["older.log", "old.log"]);
  });

  it("never takes what is not completely in the database", () => {
    expect(names(segments, (key) => (key === "old.log" ? 99 : 100), 1)).not.toContain("old.log");
  });

  it("takes young ones, oldest first, only while there are too many bytes", () => {
    const many = [segment("a.log", 5), segment("b.log", 4), segment("c.log", 3), segment("d.log", 0.5)];
    expect(names(many, () => 100, 250)).toEqual(["a.log", "b.log"]);
    expect(names(many, () => 100, 1)).not.toContain("d.log");
  });
});
