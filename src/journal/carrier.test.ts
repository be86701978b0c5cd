import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CarriedReader, Carrier, carriedFile, markLate, readCarried } from "./carrier.ts";
import { Kept } from "./kept.ts";

let folder: string;
let memory: string;
let target: string;
const text = () => readFileSync(target, "utf8");
const write = (name: string, line: string) => appendFileSync(join(memory, name), line);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "dialtone-carrier-"));
  memory = join(folder, "memory");
  target = join(folder, "acc_0.log");
  mkdirSync(memory);
});
afterEach(() => rmSync(folder, { recursive: true }));

test("whole lines of all files come to one, and how far they are is known", () => {
  const carrier = new Carrier(memory, target);
  write("acc_1.log", "one|.\ntwo|.\nhal");
  write("acc_2.log", "three|.\n");
  expect(carrier.carry(false)).toBe(20);
  expect(text().split("\n").sort()).toEqual(["", "one|.", "three|.", "two|."]);
  expect(readCarried(memory)).toEqual({ "acc_1.log": 12, "acc_2.log": 8 });
  expect(carrier.carry(false)).toBe(0);
  write("acc_1.log", "f|.\n");
  carrier.carry(false);
  expect(text().endsWith("half|.\n")).toBe(true);
  carrier.close();
});

test("who keeps it open reads each change, nothing of half a text, and never one that was removed", () => {
  const reader = new CarriedReader(memory);
  expect(reader.read()).toEqual({});
  const carrier = new Carrier(memory, target);
  expect(reader.read()).toEqual({});
  for (const size of [6, 12]) {
    write("acc_1.log", "line|\n");
    carrier.carry(false);
    expect(reader.read()).toEqual({ "acc_1.log": size });
    expect(reader.read()).toEqual(readCarried(memory));
  }
  const whole = readFileSync(carriedFile(memory));
  writeFileSync(carriedFile(memory), '{"acc_1.l');
  expect(reader.read()).toEqual({});
  writeFileSync(carriedFile(memory), whole);
  expect(reader.read()).toEqual({ "acc_1.log": 12 });
  rmSync(carriedFile(memory));
  expect(reader.read()).toEqual({});
  writeFileSync(carriedFile(memory), '{"acc_1.log":1}');
  expect(reader.read()).toEqual({ "acc_1.log": 1 });
  reader.close();
  carrier.close();
});

test("the next one goes on where the last one was", () => {
  const first = new Carrier(memory, target);
  write("acc_1.log", "one|.\n");
  first.carry(false);
  first.close();
  write("acc_1.log", "two|.\n");
  const second = new Carrier(memory, target);
  second.carry(false);
  expect(text()).toBe("one|.\ntwo|.\n");
  second.close();
});

test("another file in the place of the one on the disk is found", () => {
  const carrier = new Carrier(memory, target);
  write("acc_1.log", "one|.\n");
  carrier.carry(false);
  renameSync(target, join(folder, "finished"));
  write("acc_1.log", "two|.\n");
  carrier.carry(false);
  expect(text()).toBe("two|.\n");
  carrier.close();
});

test("lines that waited long say so behind their flags", () => {
  expect(markLate(Buffer.from("a|.\nb|.r\nc|.p\n")).toString()).toBe("a|.l\nb|.rl\nc|.pl\n");
});

test("who waits for the disk waits no longer than said, and not again until it has caught up", async () => {
  const carrier = new Carrier(memory, target);
  const kept = new Kept(memory, ["acc_1.log"]);
  expect(await kept.wait(1000)).toBe(true);
  write("acc_1.log", "one|.\n");
  const soon = kept.wait(10_000);
  carrier.carry(false);
  expect(await soon).toBe(true);
  write("acc_1.log", "two|.\n");
  expect(await kept.wait(1)).toBe(false);
  // At once: this deadline would be too long for the test.
  expect(await kept.wait(1_000_000)).toBe(false);
  carrier.carry(false);
  expect(await kept.wait(10_000)).toBe(true);
  kept.close();
  carrier.close();
});

test("who waits for the disk sees files that are made later, and one that was removed and made anew", async () => {
  const kept = new Kept(memory, ["acc_1.log", "acc_2.log"]);
  const first = new Carrier(memory, target);
  write("acc_1.log", "one|.\ntwo|.\n");
  first.carry(false);
  expect(await kept.wait(1000)).toBe(true);
  write("acc_2.log", "three|.\n");
  expect(await kept.wait(1)).toBe(false);
  first.carry(false);
  expect(await kept.wait(1000)).toBe(true);
  first.close();
  rmSync(memory, { recursive: true });
  rmSync(carriedFile(memory));
  expect(await kept.wait(1000)).toBe(true);
  mkdirSync(memory);
  write("acc_1.log", "four|.\n");
  expect(await kept.wait(1)).toBe(false);
  const second = new Carrier(memory, target);
  second.carry(false);
  expect(await kept.wait(1000)).toBe(true);
  second.close();
  kept.close();
});
