import { expect, test } from "vitest";
import { appended, WriteBehind } from "./behind.ts";

/** A disk that answers when it is told to. */
function slowDisk() {
  const written: string[] = [];
  const answers: (() => void)[] = [];
  const write = (text: string) =>
    new Promise<void>((resolve) => {
      written.push(text);
      answers.push(resolve);
    });
  return { written, write, answer: () => answers.shift()?.() };
}

test("one write at a time; what comes meanwhile waits, and the newest counts", async () => {
  const disk = slowDisk();
  const behind = new WriteBehind(disk.write, () => {});
  for (const text of ["1", "2", "3"]) behind.put(text);
  expect(disk.written).toEqual(["1"]);
  disk.answer();
  await expect.poll(() => disk.written).toEqual(["1", "3"]);
});

test("lines are kept in their order, up to a limit", async () => {
  const disk = slowDisk();
  const behind = new WriteBehind(disk.write, () => {}, appended(4));
  for (const text of ["a\n", "b\n", "c\n", "d\n"]) behind.put(text);
  disk.answer();
  await expect.poll(() => disk.written).toEqual(["a\n", "b\nc\n"]);
});

test("a write that fails is told, and the next one is tried", async () => {
  const told: unknown[] = [];
  const written: string[] = [];
  const behind = new WriteBehind(
    async (text) => {
      if (text === "1") throw new Error("full");
      written.push(text);
    },
    (error) => told.push(error),
  );
  behind.put("1");
  await behind.settled(1000);
  behind.put("2");
  await behind.settled(1000);
  expect(told).toHaveLength(1);
  expect(written).toEqual(["2"]);
});

test("nobody waits longer than said for a disk that does not answer", async () => {
  const behind = new WriteBehind(
    () => new Promise(() => undefined),
    () => {},
  );
  behind.put("1");
  await behind.settled(1);
});
