import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Follower } from "./follower.ts";

let root: string;
const never = (error: unknown) => expect.unreachable(String(error));

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "dialtone-follower-"));
});
afterEach(() => rm(root, { recursive: true }));

/** What it finds when it looks as the shipper does. */
const look = (follower: Follower) => follower.look(follower.dueInMs() <= 0);
const names = async (follower: Follower) => (await look(follower)).map((segment) => segment.name);

it("looks at everything first, then only at what was written", async () => {
  const noticed: (() => void)[] = [];
  const notice = () => new Promise<void>((resolve) => noticed.push(resolve));
  await writeFile(join(root, "a.log"), "one\n");
  await writeFile(join(root, "b.log"), "one\n");
  await using follower = new Follower(root, never);
  follower.start(() => {
    for (const resolve of noticed.splice(0)) resolve();
  });
  expect(await names(follower)).toEqual(["a.log", "b.log"]);
  expect(await names(follower)).toEqual([]);
  const written = notice();
  await appendFile(join(root, "b.log"), "two\n");
  await written;
  expect(await names(follower)).toEqual(["b.log"]);
  const renamed = notice();
  await rename(join(root, "b.log"), join(root, "c.log"));
  await renamed;
  expect(await names(follower)).toEqual(["a.log", "c.log"]);
});

it("finds after a pause what grew, and what was made, renamed or removed meanwhile", async () => {
  const noticed: (() => void)[] = [];
  const notice = () => new Promise<void>((resolve) => noticed.push(resolve));
  for (const name of ["a.log", "b.log", "c.log"]) await writeFile(join(root, name), "one\n");
  await using follower = new Follower(root, never);
  follower.start(() => {
    for (const resolve of noticed.splice(0)) resolve();
  });
  expect(await names(follower)).toEqual(["a.log", "b.log", "c.log"]);
  follower.pause(); // nothing is to be looked at: notices still come
  for (const name of ["a.log", "b.log"]) {
    const written = notice();
    await appendFile(join(root, name), "two\n");
    await written;
  }
  expect(await names(follower)).toEqual(["a.log", "b.log"]);

  const written = notice();
  await appendFile(join(root, "a.log"), "three\n");
  await written;
  follower.pause();
  await appendFile(join(root, "b.log"), "three\n");
  expect(follower.dueInMs()).toBeGreaterThan(1000);
  expect(await names(follower)).toEqual(["a.log", "b.log"]);

  const again = notice();
  await appendFile(join(root, "a.log"), "four\n");
  await again;
  follower.pause();
  await rename(join(root, "c.log"), join(root, "d.log"));
  expect(await names(follower)).toEqual(["a.log", "b.log", "d.log"]);
});

it("reads on in an open file over a rename, and never takes a new file for the old one", async () => {
  const path = join(root, "a.log");
  await writeFile(path, "one\ntwo\n");
  await using follower = new Follower(root, never);
  const [segment] = await look(follower);
  if (!segment) throw new Error("nothing was found");
  expect((await follower.read(segment, 4)).lines.map((line) => line.text)).toEqual(["two"]);
  await rename(path, join(root, "old.log"));
  await writeFile(path, "other\nfile\n");
  expect((await follower.read(segment, 4)).lines.map((line) => line.text)).toEqual(["two"]);

  await using second = new Follower(root, never);
  const [before] = await look(second);
  if (!before) throw new Error("nothing was found");
  await rm(path);
  await writeFile(path, "third\nfile\n");
  await rm(path);
  expect(await second.read(before, 0)).toEqual({ lines: [], next: 0 });
  expect(second.dueInMs()).toBe(0);
});

it("waits for a directory that is not there yet", async () => {
  const directory = join(root, "later");
  await using follower = new Follower(directory, never);
  follower.start(() => {});
  expect(await names(follower)).toEqual([]);
  expect(follower.dueInMs()).toBeLessThan(1000);
  await mkdir(directory);
  await writeFile(join(directory, "a.log"), "one\n");
  expect((await follower.look(true)).map((segment) => segment.name)).toEqual(["a.log"]);
  expect(follower.dueInMs()).toBeGreaterThan(1000);
});
