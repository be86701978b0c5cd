import { expect, it } from "vitest";
import { carrierSchema } from "../carriers/carrier-schema.ts";
import { noWorld } from "../carriers/choose.ts";
import { compile } from "../carriers/price-book.ts";
import { forever, tableOf } from "../carriers/price-table.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { registry } from "../routing/registry.ts";
import { type RuleInput, ruleSchema } from "../routing/rule-schema.ts";
import { type PastCall, Replay, type Side } from "./replay.ts";

const started = Date.UTC(2026, 10, 27, 12);

const tableWith = (perMinute: number) => {
  const terms = { fee: 0, first: 1, next: 1, minimum: 0, from: 0, to: forever, band: 0, blocked: false };
  return tableOf({ currency: "EUR", zone: "UTC", bands: [] }, [{ prefix: "44", perMinute, terms, name: "" }]);
};
const book = compile(
  [
    ["gold", 60_000],
    ["iron", 30_000],
  ].map(([carrier, perMinute]) => ({
    revision: { carrier: String(carrier), digest: "", from: 0, until: Number.POSITIVE_INFINITY },
    table: tableWith(Number(perMinute)),
  })),
);

function side(rules: RuleInput[]): Side {
  const carriers = ["gold", "iron"].map((name) =>
    carrierSchema.parse({ name, addresses: [{ host: `${name}.example` }] }),
  );
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    carriers: new Map(carriers.map((carrier) => [carrier.name, carrier])),
    rules: new Map(rules.map((rule) => [rule.name, ruleSchema.parse(rule)])),
  });
  return { snapshot, world: { ...noWorld, book } };
}

const call = (number: string, more: Partial<PastCall> = {}): PastCall => ({
  callId: number,
  caller: '"Ada" <sip:1001@example>;tag=1',
  number,
  user: "",
  source: "192.0.2.9",
  startedMs: started,
  durationMs: 60_000,
  rule: "world",
  ...more,
});

const world = (carrier: string): RuleInput => ({
  name: "world",
  match: { prefix: "+" },
  action: { type: "route", targets: [{ type: "carrier", carrier }] },
});
const closed: RuleInput = {
  name: "closed",
  priority: 1,
  match: { number: "+4412345678", times: [{ from: "11:00", to: "13:00" }] },
  action: { type: "reject" },
};

it("says what would be decided otherwise at the time of each call, and what it costs", () => {
  const replay = new Replay(side([world("gold")]), side([world("iron"), closed]));
  for (const one of [
    call("+4412345678"),
    call("+4412345678", { startedMs: started + 3_600_000 }),
    call("+4487654321", { durationMs: null }),
    call("5000"),
    call("+4987654321"),
  ])
    replay.add(one);
  expect(replay.report(2)).toMatchObject({
    compared: "draft",
    calls: 5,
    changed: 4,
    groups: [
      {
        before: "world: carrier gold",
        after: "world: carrier iron",
        calls: 3,
        cost_before: "0.06",
        cost_after: "0.03",
      },
      {
        before: "world: carrier gold",
        after: "closed: refused 403",
        calls: 1,
        examples: [{ caller: "1001", number: "+4412345678", at: "2026-11-27T12:00:00.000Z" }],
      },
    ],
    more_groups: 0,
    cost_before: "0.12",
    cost_after: "0.03",
    unpriced_before: 1,
    unpriced_after: 1,
  });
});

it("compares with the rules that decided, where there is no draft", () => {
  const replay = new Replay(undefined, side([world("gold")]));
  replay.add(call("+4412345678"));
  replay.add(call("+4412345678", { rule: "old" }));
  replay.add(call("5000", { rule: "none" }));
  expect(replay.report(9)).toMatchObject({
    compared: "records",
    changed: 1,
    groups: [{ before: "old", after: "world: carrier gold", calls: 1 }],
  });
});
