import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HostReport } from "../../report/host-report.ts";
import type { PartReport } from "../../report/parts.ts";
import { decodePulse, encodePulse, LifeClock, type Pulse, pulseOf, refreshed } from "./pulse.ts";

const part = (ok: boolean): PartReport => ({ phase: "running", ok, detail: "", restarts: 0, sinceMs: 1 });
const verdict = { mayHold: true, light: "green", reasons: [] } as const;
const base = {
  host: "a",
  life: randomUUID(),
  lifeMs: 1234.5,
  stopping: false,
  holds: true,
  term: 3,
  primary: true,
  verdict: { ...verdict, reasons: [] },
  serves: { ok: true, why: [] },
  handover: "b",
  parts: { keepalived: part(true), rtpengine: part(false), app: part(true) },
};
const sighting = { ageMs: 40, holds: false, term: 2, mayHold: true, primary: true };
const sees = { b: sighting, w: { ...sighting, mayHold: false } };
const pulse: Pulse = { ...pulseOf({ ...base, sees }), n: 7 };

describe("datagram", () => {
  it("arrives as it was sent, and fits into one packet with five hosts", () => {
    expect(decodePulse(encodePulse(pulse, "secret"), "secret")).toEqual(pulse);
    const many = Object.fromEntries(
      ["b", "c", "d", "e"].map((name) => [name, { ...sighting, serves: true }]),
    );
    expect(encodePulse({ ...pulse, sees: many }, "secret").length).toBeLessThan(1200);
  });

  it("is refused with another secret, changed, cut short, or of another form", () => {
    const datagram = encodePulse(pulse, "secret");
    expect(decodePulse(datagram, "other")).toBeUndefined();
    for (const index of [0, 20, datagram.length - 1]) {
      const changed = Buffer.from(datagram);
      changed.writeUInt8((changed.at(index) ?? 0) ^ 1, index);
      expect(decodePulse(changed, "secret"), String(index)).toBeUndefined();
    }
    expect(decodePulse(datagram.subarray(0, 16), "secret")).toBeUndefined();
    expect(decodePulse(Buffer.alloc(0), "secret")).toBeUndefined();
    const more = { ...pulse, extra: 1 } as unknown as Pulse;
    expect(decodePulse(encodePulse(more, "secret"), "secret")).toEqual(pulse);
    const newer = { ...pulse, v: 2 } as unknown as Pulse;
    expect(decodePulse(encodePulse(newer, "secret"), "secret")).toBeUndefined();
  });
});

describe("refreshed", () => {
  const report = {
    host: "a",
    holds: false,
    term: 2,
    stopping: false,
    verdict: { ...verdict, mayHold: false },
    handover: "c",
    sees: {},
    serves: { ok: false, why: ["x"] },
    parts: { keepalived: part(false), rtpengine: part(true), app: part(true) },
    database: { facts: { primary: false, size: 3 } },
    functional: { ok: true, failures: 0, storeFailures: 0, detail: "", ms: 1, ageMs: 100 },
  } as unknown as HostReport;

  it("the pulse's facts count, ages within the report grow", () => {
    const { ageMs, report: now } = refreshed({ ageMs: 900, report }, pulse, 30);
    expect(ageMs).toBe(30);
    expect(now).toMatchObject({ holds: true, term: 3, handover: "b", verdict: { mayHold: true } });
    expect(now.parts).toMatchObject({
      keepalived: { ok: true },
      rtpengine: { ok: false },
      app: { ok: true },
    });
    expect(now.database?.facts).toMatchObject({ primary: true, size: 3 });
    expect(now.serves?.ok).toBe(true);
    expect(now.functional?.ageMs).toBe(970);
    expect(now.sees).toHaveProperty("b");
  });

  it("a handover that is over is over", () => {
    const { handover: _none, ...ended } = pulse;
    expect(refreshed({ ageMs: 900, report }, ended, 30).report).not.toHaveProperty("handover");
  });

  it("an older pulse changes nothing", () => {
    const news = { ageMs: 20, report };
    expect(refreshed(news, pulse, 30)).toBe(news);
  });
});

describe("LifeClock", () => {
  it("a datagram that waited is as old as it is", () => {
    const clock = new LifeClock();
    // The other's clock is 1000 behind; the first request took long, the second was quick.
    clock.learn({ id: "x", ms: 100 }, 900);
    clock.learn({ id: "x", ms: 400 }, 1399);
    expect(clock.at({ life: "x", lifeMs: 500 }, 3500)).toBe(1499);
  });

  it("knows no other life, and is never in the future", () => {
    const clock = new LifeClock();
    expect(clock.at({ life: "x", lifeMs: 500 }, 9)).toBeUndefined();
    clock.learn({ id: "x", ms: 0 }, 1000);
    expect(clock.at({ life: "y", lifeMs: 1 }, 2000)).toBeUndefined();
    expect(clock.at({ life: "x", lifeMs: 5000 }, 2000)).toBe(2000);
    clock.learn({ id: "y", ms: 0 }, 3000);
    expect(clock.at({ life: "x", lifeMs: 1 }, 3000)).toBeUndefined();
    expect(clock.at({ life: "y", lifeMs: 1 }, 4000)).toBe(3001);
  });

  it("forgets a bound that drift has made wrong, and keeps the better one meanwhile", () => {
    const clock = new LifeClock();
    clock.learn({ id: "x", ms: 0 }, 1000);
    // The other's clock is faster: 10 ms gained in 70 s.
    clock.learn({ id: "x", ms: 31_005 }, 32_000);
    expect(clock.at({ life: "x", lifeMs: 31_010 }, 40_000)).toBe(32_010);
    clock.learn({ id: "x", ms: 62_010 }, 63_001);
    expect(clock.at({ life: "x", lifeMs: 62_010 }, 70_000)).toBe(63_005);
  });
});
