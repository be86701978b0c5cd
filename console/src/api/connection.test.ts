import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection } from "./connection.ts";

/** What is asked, when (ms), and what answers; undefined: nobody. */
let asked: number[];
let app: string | undefined;
let said: string[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
  asked = [];
  said = [];
  app = "a 1";
  vi.stubGlobal("document", { visibilityState: "visible", addEventListener: () => undefined });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("fetch", () => {
    asked.push(Date.now());
    return app === undefined
      ? Promise.reject(new Error("nobody"))
      : Promise.resolve(new Response(JSON.stringify({ app })));
  });
  connection = new Connection();
  connection.onChange((what) => said.push(what));
  connection.start();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** News come so often, for so long. */
async function news(ms: number, everyMs: number): Promise<void> {
  for (let past = 0; past < ms; past += everyMs) {
    connection.sign();
    await vi.advanceTimersByTimeAsync(everyMs);
  }
}

test("asks at first, also while news come, then only when it has heard nothing for 2.5 s", async () => {
  await news(10_000, 500);
  expect(asked).toEqual([0]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toEqual([0, 12_000, 14_500]);
});

test("a doubt is asked about at once, whatever news come", async () => {
  await news(3000, 500);
  connection.doubt();
  connection.sign();
  await vi.advanceTimersByTimeAsync(1);
  expect(asked).toEqual([0, 3000]);
});

test("another app after a silence is told, one that is gone too", async () => {
  await news(3000, 500);
  app = "b 1";
  await vi.advanceTimersByTimeAsync(2500);
  expect(said).toEqual(["other"]);
  app = undefined;
  await vi.advanceTimersByTimeAsync(3000);
  expect(said).toEqual(["other", "reconnecting"]);
  app = "b 1";
  await vi.advanceTimersByTimeAsync(500);
  expect(said).toEqual(["other", "reconnecting", "online", "other"]);
});
