import { expect, test } from "vitest";
import { watchSocket } from "./socket-rules.ts";

const idle = {
  open: true,
  wanted: true,
  calls: 0,
  heardAt: 0,
  pingAt: 0,
  attemptAt: -9999,
  tried: 0,
  trying: 0,
  doubt: false,
  doubtAt: -9999,
};
const busy = { ...idle, calls: 1 };

test("keep-alives come every 400 ms in a call, else every 15 s", () => {
  expect(watchSocket(busy, 399)).toEqual([]);
  expect(watchSocket(busy, 400)).toEqual(["ping"]);
  expect(watchSocket(idle, 14_999)).toEqual([]);
  expect(watchSocket(idle, 15_000)).toEqual(["ping"]);
});

test("another one is tried after 1.3 s without any answer in a call", () => {
  const silent = { ...busy, heardAt: 0, pingAt: 1200 };
  expect(watchSocket(silent, 1300)).toEqual([]);
  expect(watchSocket(silent, 1301)).toEqual(["open"]);
  // Nobody was asked since.
  expect(watchSocket({ ...busy, heardAt: 1, pingAt: 0 }, 5000)).toEqual(["ping"]);
});

test("attempts go on side by side, each after twice as long, up to six; none when nobody wants one", () => {
  const closed = { ...busy, open: false, pingAt: 1000, attemptAt: 1000, tried: 1, trying: 1 };
  expect(watchSocket({ ...closed, tried: 0 }, 1000)).toEqual(["open"]);
  expect(watchSocket(closed, 1199)).toEqual([]);
  expect(watchSocket(closed, 1200)).toEqual(["open"]);
  expect(watchSocket({ ...closed, tried: 3 }, 1799)).toEqual([]);
  expect(watchSocket({ ...closed, tried: 3 }, 1800)).toEqual(["open"]);
  expect(watchSocket({ ...closed, tried: 20 }, 5000)).toEqual(["open"]);
  expect(watchSocket({ ...closed, trying: 6 }, 9000)).toEqual([]);
  expect(watchSocket({ ...closed, calls: 0 }, 2900)).toEqual([]);
  expect(watchSocket({ ...closed, wanted: false }, 9000)).toEqual([]);
});

test("while calls are silent it is asked every 100 ms, and another tried 200 ms after the first question that nobody answers", () => {
  const doubted = { ...busy, doubt: true, doubtAt: 1000, heardAt: 700, pingAt: 700 };
  expect(watchSocket(doubted, 1000)).toEqual(["ping"]);
  expect(watchSocket({ ...doubted, pingAt: 1150 }, 1199)).toEqual([]);
  expect(watchSocket({ ...doubted, pingAt: 1150 }, 1200)).toEqual(["open"]);
  expect(watchSocket({ ...doubted, pingAt: 1150, heardAt: 1160 }, 1200)).toEqual([]);
});
