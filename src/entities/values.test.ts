import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Map as SharedMap } from "immutable";
import { describe, expect, it, test } from "vitest";
import { numbers, numbersOf } from "../directory/numbers.ts";
import type { SnapshotOf } from "./entity.ts";
import { PackedValues, packedTest } from "./packed.ts";
import { emptySnapshot, SnapshotBuilder, withChanges } from "./snapshot.ts";
import { packedAgain, saveSnapshot } from "./snapshot-file.ts";

const form = { kind: "number", key: "number", owner: "user" };
const lineOf = ([number, user]: readonly [string, string]) => JSON.stringify({ t: "number", number, user });

function packedOf(entries: readonly (readonly [string, string])[]): Promise<PackedValues> {
  const starts: number[] = [];
  let text = "";
  for (const entry of entries) {
    starts.push(Buffer.byteLength(text));
    text += `${lineOf(entry)}\n`;
  }
  return PackedValues.of(form, Buffer.from(text), Uint32Array.from(starts));
}

const registry = { numbers };
const name = fc.constantFrom("ada", "bob", "é", "u1", "u10");
const number = fc.constantFrom("1", "11", "+49", "+491", "ä", "2", "3");
const byNumber = <T>(value: fc.Arbitrary<T>, maxLength: number) =>
  fc.uniqueArray(fc.tuple(number, value), { selector: ([key]) => key, maxLength });

const change = byNumber(fc.option(name, { nil: undefined }), 4);

async function snapshotOf(begun: readonly (readonly [string, string])[]) {
  const builder = new SnapshotBuilder(registry);
  // One of them is not packed.
  const [loose, ...others] = begun;
  if (loose) builder.add("numbers", loose[0], { number: loose[0], user: loose[1] });
  builder.pack("numbers", await packedOf(others));
  return builder.finished(1);
}

const changedBy = (
  snapshot: SnapshotOf<typeof registry>,
  some: readonly (readonly [string, string | undefined])[],
) =>
  withChanges(registry, snapshot, 2, {
    numbers: new Map(
      some.map(([key, user]) => [key, user === undefined ? undefined : { number: key, user }]),
    ),
  });

function expectAll(
  { parts, indexes }: SnapshotOf<typeof registry>,
  plain: ReadonlyMap<string, string>,
): void {
  const { numbers: found } = parts;
  expect(found.size).toBe(plain.size);
  expect(new Map([...found].map(([key, { user }]) => [key, user]))).toEqual(plain);
  for (const key of ["1", "11", "+49", "+491", "ä", "2", "3", "4", ""]) {
    expect(found.get(key)?.user).toBe(plain.get(key));
    expect(found.has(key)).toBe(plain.has(key));
  }
  for (const user of ["ada", "bob", "é", "u1", "u10", "nobody"])
    expect(numbersOf(indexes.numbers, user).sort()).toEqual(
      [...plain].flatMap(([key, owner]) => (owner === user ? [key] : [])).sort(),
    );
  const lines = [
    ...found.packedLines(),
    ...[...found.loose()].map((value) => lineOf([value.number, value.user])),
  ];
  expect(lines.sort()).toEqual([...plain].map(lineOf).sort());
}

test("what is packed, and changed since, is as if it had been a map", () =>
  fc.assert(
    fc.asyncProperty(byNumber(name, 7), fc.array(change, { maxLength: 5 }), async (begun, changes) => {
      let snapshot = await snapshotOf(begun);
      const plain = new Map<string, string>(begun);
      for (const some of [[], ...changes]) {
        for (const [key, user] of some) user === undefined ? plain.delete(key) : plain.set(key, user);
        snapshot = changedBy(snapshot, some);
        expectAll(snapshot, plain);
      }
    }),
  ));

test("what was changed is packed again from the file, and is the same, also when it changes again", async () => {
  const directory = await mkdtemp(join(tmpdir(), "dialtone-packed-"));
  const file = join(directory, "snapshot");
  const escaped = byNumber(fc.constantFrom("ada", 'a"b'), 4);
  try {
    await fc.assert(
      fc.asyncProperty(byNumber(name, 7), escaped, change, change, async (begun, more, then, later) => {
        const plain = new Map<string, string>([...begun, ...more]);
        const apply = (some: readonly (readonly [string, string | undefined])[]) => {
          for (const [key, user] of some) user === undefined ? plain.delete(key) : plain.set(key, user);
        };
        apply(then);
        const snapshot = changedBy(changedBy(await snapshotOf(begun), more), then);
        await saveSnapshot(registry, file, snapshot);
        const again = await packedAgain(registry, file, snapshot, 0);
        if (!again) throw new Error("it was not packed");
        expectAll(again, plain);
        // Only what has characters that are escaped is not.
        expect([...again.parts.numbers.loose()].every(({ user }) => user.includes('"'))).toBe(true);
        apply(later);
        expectAll(changedBy(again, later), plain);
        expect(await packedAgain(registry, file, { ...snapshot, version: 99 }, 0)).toBeUndefined();
        expect(await packedAgain(registry, file, snapshot)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe("a line that is packed", () => {
  const isOne = packedTest(form);
  const is = (line: string) => isOne(Buffer.from(`x${line}y`), 1, Buffer.byteLength(line) + 1);
  it.each([lineOf(["+49", "ada"]), lineOf(["", ""]), lineOf(["ä", "é"])])("%s", (line) => {
    expect(is(line)).toBe(true);
  });
  it.each([
    lineOf(['"', "ada"]),
    lineOf(["1", "a\\b"]),
    '{"t":"number","number":"1","user":"ada","more":1}',
    '{"t":"number","number":"1","user":"ada"',
    '{"t":"number","number":"1","user":"ad',
    '{"t":"number","number":"1"}',
    '{"t":"user","number":"1","user":"ada"}',
    "",
  ])("is not %s", (line) => {
    expect(is(line)).toBe(false);
  });
});

it("shares what stayed", () => {
  const empty = emptySnapshot(registry);
  const one = withChanges(registry, empty, 1, { numbers: new Map([["1", { number: "1", user: "ada" }]]) });
  expect(withChanges(registry, one, 2, {}).parts.numbers).toBe(one.parts.numbers);
  expect(empty.parts.numbers.size).toBe(0);
  expect(SharedMap(one.parts.numbers).size).toBe(1);
});
