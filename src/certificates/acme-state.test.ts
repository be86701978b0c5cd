import { beforeAll, describe, expect, test } from "vitest";
import { anAuthority } from "../../test/support/authority.ts";
import { smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "../cluster/schema.ts";
import {
  type AcmeState,
  acmeStateSchema,
  afterFailure,
  afterFault,
  afterSuccess,
  limitOf,
  mayAt,
  whyOrder,
} from "./acme-state.ts";

const directory = "https://acme.example/dir";
const of = (web: object) =>
  clusterSchema.parse({
    ...smallCluster,
    web: { names: ["tel.example.org"], acme: { directory, terms_agreed: true }, ...web },
  });
const cluster = of({});
const now = Date.parse("2026-04-01T00:00:00Z");
const minute = 60_000;
const day = 24 * 60 * minute;
const iso = (ms: number) => new Date(ms).toISOString();
const fresh = acmeStateSchema.parse({ directory, account: { key: "sealed", url: "https://acme.example/1" } });
const got: AcmeState = { ...fresh, got: directory };
const open: AcmeState = {
  ...got,
  order: { url: "https://acme.example/o", key: "sealed", names: ["tel.example.org"], at: iso(now) },
};

let found: { certificate: string };
beforeAll(async () => {
  const authority = await anAuthority("A");
  const [from, until] = [new Date("2026-03-01T00:00:00Z"), new Date("2026-05-30T00:00:00Z")];
  found = await authority.issue({ names: ["tel.example.org"], from, until });
});

describe("why one is ordered", () => {
  test("there is none, it is of another authority or other names, a person wants it, or two thirds of its life are over", () => {
    expect(whyOrder(undefined, undefined, cluster, now)).toBe("there is none");
    expect(whyOrder(found, got, cluster, now)).toBeUndefined();
    expect(whyOrder(found, got, cluster, Date.parse("2026-04-29T23:00:00Z"))).toBeUndefined();
    expect(whyOrder(found, got, cluster, Date.parse("2026-04-30T00:00:00Z"))).toBe(
      "most of its life is over",
    );
    expect(whyOrder(found, { ...got, got: "https://staging.example" }, cluster, now)).toBe(
      "it is from another authority",
    );
    expect(whyOrder(found, got, of({ names: ["tel.example.org", "b.example.org"] }), now)).toBe(
      "it is not for b.example.org",
    );
    expect(whyOrder(found, { ...got, asked: true }, cluster, now)).toBe("a person wants one");
  });
});

describe("when", () => {
  test("orders that fail in a row wait longer and longer, and not less than the authority says", () => {
    let state = got;
    const pauses: number[] = [];
    let at = now;
    for (let count = 0; count < 6; count++) {
      state = afterFailure(state, "no", at);
      pauses.push((mayAt(state, at) - at) / minute);
      at = mayAt(state, at);
    }
    expect(pauses).toEqual([15, 60, 240, 720, 1440, 1440]);
    expect(state).toMatchObject({ failure: "no", order: null, asked: false });
    const later = afterFailure(got, "too many", now, 3 * day);
    expect(mayAt(later, now)).toBe(now + 3 * day);
    expect(afterFailure(afterSuccess(state, at), "no", at).next_at).toBe(iso(at + 15 * minute));
  });

  test("a step that fails is tried again, an order that gets no further is given up", () => {
    let state = open;
    const pauses: number[] = [];
    let at = now;
    while (state.order) {
      state = afterFault(state, "no line", at);
      if (state.order) pauses.push((mayAt(state, at) - at) / 1000);
      at = mayAt(state, at);
    }
    expect(pauses).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
    expect(state.tries).toHaveLength(1);
    expect(afterFault(open, "late", now + 2 * day).order).toBeNull();
    // Without an order nothing is under way: as one that failed.
    expect(afterFault(got, "no line", now).next_at).toBe(iso(now + 15 * minute));
  });

  test("never more than four orders an hour, nor four certificates a week, whoever asks", () => {
    const four = (ok: boolean, apart: number): AcmeState => ({
      ...got,
      tries: [0, 1, 2, 3].map((index) => ({ at: iso(now - (3 - index) * apart), ok })),
    });
    expect(limitOf(four(false, minute), now)).toEqual({
      until: now - 3 * minute + 60 * minute,
      why: "there were 4 orders within an hour",
    });
    expect(limitOf(four(false, 30 * minute), now)).toBeUndefined();
    expect(limitOf(four(true, day), now)).toEqual({
      until: now + 4 * day,
      why: "there were 4 certificates within a week",
    });
    expect(mayAt(four(true, day), now)).toBe(now + 4 * day);
    // One that is under way goes on.
    expect(mayAt({ ...four(true, day), order: open.order }, now)).toBe(now);
  });

  test("what is got ends it all", () => {
    const state = afterSuccess({ ...open, failure: "once", faults: 2, asked: true }, now);
    expect(state).toMatchObject({ order: null, failure: "", faults: 0, asked: false, next_at: null });
    expect(state.got).toBe(directory);
  });
});
