import { expect, test } from "vitest";
import { watchSocket } from "./socket-rules.ts";

const idle = {
  open: true,
  wanted: true,
  calls: 0,
  heardAt: 0,
  pingAt: 0,
  attemptAt: -9999,
  doubt: false,
  doubtAt: -9999,
};
const busy = { ...idle, calls: 1 };

test("keep-alives come every 400 ms in a call, else every 15 s", () => {
  expect(watchSocket(busy, 399)).toBeUndefined();
  expect(watchSocket(busy, 400)).toBe("ping");
  expect(watchSocket(idle, 14_999)).toBeUndefined();
  expect(watchSocket(idle, 15_000)).toBe("ping");
});

test("dead after 1.3 s without any answer in a call", () => {
  expect(watchSocket({ ...busy, heardAt: 0, pingAt: 1200 }, 1300)).toBeUndefined();
  expect(watchSocket({ ...busy, heardAt: 0, pingAt: 1200 }, 1301)).toBe("dead");
  // Nobody was asked since.
  expect(watchSocket({ ...busy, heardAt: 1, pingAt: 0 }, 5000)).toBe("ping");
});

test("another attempt after 200 ms in a call, and none when nobody wants one", () => {
  const closed = { ...busy, open: false, attemptAt: 1000 };
  expect(watchSocket(closed, 1199)).toBeUndefined();
  expect(watchSocket(closed, 1200)).toBe("open");
  expect(watchSocket({ ...closed, calls: 0 }, 1300)).toBeUndefined();
  expect(watchSocket({ ...closed, wanted: false }, 9000)).toBeUndefined();
});

test("while calls are silent it is asked every 100 ms, and dead 200 ms after the first question that nobody answers", () => {
  const doubted = { ...busy, doubt: true, doubtAt: 1000, heardAt: 700, pingAt: 700 };
  expect(watchSocket(doubted, 1000)).toBe("ping");
  expect(watchSocket({ ...doubted, pingAt: 1150 }, 1199)).toBeUndefined();
  expect(watchSocket({ ...doubted, pingAt: 1150 }, 1200)).toBe("dead");
  expect(watchSocket({ ...doubted, pingAt: 1150, heardAt: 1160 }, 1200)).toBeUndefined();
});
