import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LogMover } from "./logs.ts";

let place: string;
let from: string;
let to: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "dialtone-logs-"));
  [from, to] = [join(place, "fresh"), join(place, "log")];
  for (const folder of [from, to]) mkdirSync(folder);
});
afterEach(() => rmSync(place, { recursive: true }));

const say = (text: string) => appendFileSync(join(from, "redis.log"), text);
const moved = () => readFileSync(join(to, "redis.log"), "utf8");

test("what parts say comes to the disk once, also when the agent is another one meanwhile", async () => {
  say("one\n");
  const first = new LogMover(from, to);
  await first.move();
  await first.move();
  expect(moved()).toBe("one\n");
  say("two\n");
  await new LogMover(from, to).move();
  expect(moved()).toBe("one\ntwo\n");
});

test("a log in memory that has become large is emptied, and what comes then is moved too", async () => {
  const mover = new LogMover(from, to);
  const much = `${"x".repeat(1 << 20)}\n`;
  say(much);
  await mover.move();
  expect(statSync(join(from, "redis.log")).size).toBe(0);
  say("more\n");
  await mover.move();
  expect(moved()).toBe(`${much}more\n`);
});
