import { expect, it } from "vitest";
import { type CallEvent, type Decision, eventSchema } from "../call/contract.ts";
import { LiveCalls } from "./live-calls.ts";

const uri = (carrier: string) => `sip:+49301@${carrier}.example`;
const decision = (...carriers: string[]): Decision => ({
  v: 1,
  action: "route",
  strategy: "serial",
  targets: carriers.map((carrier) => ({ type: "uri", uri: uri(carrier), carrier })),
  record: false,
  rule: "out",
  rules_version: 1,
});
let ids = 0;
const event = (kind: CallEvent["kind"], call: string, more: Partial<CallEvent> = {}): CallEvent =>
  eventSchema.parse({
    id: `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
    kind,
    call_id: call,
    from_tag: "f",
    time: "2026-11-28T12:00:00Z",
    node: "a",
    method: "INVITE",
    code: 0,
    ...more,
  });

let now = 0;
const patience = { maxSetupMs: 300_000, maxCallMs: 14_400_000 };
const apps = () => [new LiveCalls(patience, () => now), new LiveCalls(patience, () => now)] as const;

it("counts a call from its decision to its end, at the carrier that it is at", () => {
  const [calls] = apps();
  calls.decided("1", "ada", decision("gold", "iron"));
  expect([calls.callsOf("gold"), calls.callsOf("iron"), calls.callsBy("ada")]).toEqual([1, 0, 1]);
  calls.seen(event("attempt", "1", { target: uri("gold"), code: 503 }));
  expect([calls.callsOf("gold"), calls.callsOf("iron"), calls.callsBy("ada")]).toEqual([0, 1, 1]);
  calls.seen(event("answer", "1", { target: `${uri("iron")};transport=tcp`, code: 200 }));
  expect(calls.callsOf("iron")).toBe(1);
  calls.seen(event("end", "1"));
  calls.seen(event("end", "1"));
  expect([calls.callsOf("iron"), calls.callsBy("ada")]).toEqual([0, 0]);
  calls.decided("2", "", { ...decision("gold"), targets: [{ type: "user", user: "ada" }] } as Decision);
  expect(calls.all().filter(({ kind }) => kind === "call")).toEqual([]);
});

it("counts a call at all carriers that ring together, then at the one that answers", () => {
  const [calls, other] = apps();
  calls.decided("1", "ada", { ...decision("gold", "iron"), strategy: "parallel" } as Decision);
  const all = () => [
    calls.callsOf("gold"),
    calls.callsOf("iron"),
    calls.callsBy("ada"),
    calls.lastSecond("iron"),
  ];
  expect(all()).toEqual([1, 1, 1, 1]);
  other.take(calls.since(0)?.news ?? []);
  expect([other.callsOf("gold"), other.callsOf("iron")]).toEqual([1, 1]);
  calls.seen(event("attempt", "1", { target: uri("gold"), code: 503 }));
  expect(all()).toEqual([0, 1, 1, 1]);
  calls.decided("2", "ada", { ...decision("gold", "iron"), strategy: "parallel" } as Decision);
  calls.seen(event("answer", "2", { target: uri("gold"), code: 200 }));
  expect(all()).toEqual([1, 1, 2, 2]);
  calls.seen(event("end", "2"));
  calls.seen(event("fail", "1", { code: 487 }));
  expect(all()).toEqual([0, 0, 0, 2]);
});

it("judges a carrier once for a call that failed there", () => {
  const [calls] = apps();
  for (let id = 0; id < 20; id++) {
    calls.decided(String(id), "", decision("gold"));
    if (id < 10) {
      calls.seen(event("attempt", String(id), { target: uri("gold"), code: 503 }));
      calls.seen(event("fail", String(id), { code: 503 }));
    } else calls.seen(event("answer", String(id), { target: uri("gold"), code: 200 }));
  }
  expect(calls.quality.answeredPercent("gold")).toBe(50);
});

it("knows after a takeover what the other app counted, and goes on from there", () => {
  const [a, b] = apps();
  for (const id of ["1", "2", "3"]) a.decided(id, "ada", decision("gold"));
  a.seen(event("answer", "1", { target: uri("gold"), code: 200 }));
  a.seen(event("fail", "3", { code: 486 }));
  const told = a.since(0);
  b.take(told?.news ?? []);
  b.take(told?.news ?? []);
  expect([b.callsOf("gold"), b.callsBy("ada")]).toEqual([2, 2]);
  // a is dead; the end of call 1 is seen at b.
  b.seen(event("end", "1"));
  expect(b.callsOf("gold")).toBe(1);
  // a comes back and knows nothing; it is told everything, and what it tells late brings no call back.
  const again = new LiveCalls(patience, () => now);
  again.take(b.all(), true);
  expect(again.callsOf("gold")).toBe(1);
  b.take(told?.news ?? []);
  expect(b.callsOf("gold")).toBe(1);
});

it("takes an end that it sees of a call that the other app decided to that app", () => {
  const [a, b] = apps();
  a.decided("1", "", decision("gold"));
  b.seen(event("end", "1"));
  a.take(b.since(0)?.news ?? []);
  expect(a.callsOf("gold")).toBe(0);
});

it("counts what a carrier was offered within a second, and forgets calls without an end", () => {
  const [calls] = apps();
  now = 0;
  for (const id of ["1", "2"]) calls.decided(id, "", decision("gold"));
  now = 600;
  calls.decided("3", "", decision("gold"));
  expect(calls.lastSecond("gold")).toBe(3);
  now = 1001;
  expect(calls.lastSecond("gold")).toBe(1);
  calls.seen(event("answer", "3", { target: uri("gold"), code: 200 }));
  now = 400_000;
  calls.sweep();
  expect(calls.callsOf("gold")).toBe(1);
  now = 15_000_000;
  calls.sweep();
  expect(calls.callsOf("gold")).toBe(0);
});

it("says how many of a carrier's last calls were answered, when there were enough", () => {
  const [a, b] = apps();
  for (let call = 0; call < 40; call++) {
    a.decided(`${call}`, "", decision("gold"));
    a.seen(
      call % 4 === 0
        ? event("answer", `${call}`, { target: uri("gold"), code: 200 })
        : event("fail", `${call}`, { code: 503 }),
    );
    if (call === 10) expect(a.quality.answeredPercent("gold")).toBeUndefined();
  }
  expect(a.quality.answeredPercent("gold")).toBe(25);
  b.take(a.all(), true);
  b.take(a.all(), true);
  expect(b.quality.answeredPercent("gold")).toBe(25);
});

it("knows who is in calls, on all nodes, and since when not", () => {
  const [a, b] = apps();
  now = 1000;
  const toUsers = (...users: string[]) =>
    ({ ...decision(), targets: users.map((user) => ({ type: "user", user })) }) as Decision;
  a.decided("1", "ada", toUsers("bob", "eve"));
  expect([a.users.callsOf("ada"), a.users.callsOf("bob")]).toEqual([
    { out: 1, in: 0 },
    { out: 0, in: 0 },
  ]);
  a.seen(event("answer", "1", { target: "sip:eve@192.0.2.1:5070", code: 200 }));
  a.decided("2", "", toUsers("bob"));
  a.seen(event("answer", "2", { target: "sip:x7@192.0.2.1", code: 200 }));
  a.decided("3", "", toUsers("bob"));
  a.seen(event("answer", "3", { target: "sip:x8@192.0.2.1", code: 200, taken_by: "ivy" }));
  b.take(a.since(0)?.news ?? []);
  for (const user of ["bob", "eve", "ivy"]) expect(b.users.callsOf(user)).toEqual({ out: 0, in: 1 });
  expect([b.users.idleMs("eve"), b.users.idleMs("joe")]).toEqual([0, undefined]);
  b.seen(event("end", "1"));
  now = 3000;
  expect([b.users.idleMs("eve"), b.users.idleMs("ada"), b.users.idleMs("bob")]).toEqual([2000, 2000, 0]);
  const again = new LiveCalls(patience, () => now);
  again.take(b.all(), true);
  again.take(a.since(0)?.news.slice(0, 2) ?? []);
  expect([again.users.idleMs("eve"), again.users.callsOf("ivy").in]).toEqual([0, 1]);
  again.take(b.since(0)?.news ?? []);
  expect(again.users.callsOf("eve").in).toBe(0);
});

it("does not follow users' calls that nobody wants to know of", () => {
  const calls = new LiveCalls(
    patience,
    () => now,
    () => false,
  );
  calls.decided("1", "ada", decision("gold"));
  expect(calls.users.callsOf("ada").out).toBe(0);
});

it("tells the other apps what a call costs that a guard counts, as soon as a carrier answers", () => {
  const tariff = { perMinute: 60_000, fee: 5, first: 1, next: 1, minimum: 0 };
  const calls = new LiveCalls(
    patience,
    () => now,
    () => true,
    (carrier) => (carrier === "iron" ? tariff : undefined),
  );
  const watched = [{ guard: "g", subject: "ada" }];
  calls.decided("1", "ada", { ...decision("gold", "iron"), watched } as Decision);
  calls.decided("2", "ada", decision("iron"));
  for (const id of ["1", "2"]) calls.seen(event("answer", id, { target: uri("iron"), code: 200 }));
  const other = new LiveCalls(patience, () => now);
  other.take(calls.all(), true);
  expect([other.spending.tariffOf("1"), other.spending.tariffOf("2")]).toEqual([tariff, undefined]);
  expect(other.spending.usage({ guard: "g", subject: "ada" })).toMatchObject({ calls: 1, callsToday: 1 });
  other.seen(event("end", "1"));
  expect(other.spending.usage({ guard: "g", subject: "ada" }).costToday).toBeGreaterThan(0);
});
