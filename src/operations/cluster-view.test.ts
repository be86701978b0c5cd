import { expect, test } from "vitest";
import { smallCluster } from "../../test/support/host.ts";
import { aReport, nodeParts } from "../../test/support/report.ts";
import { hostNamed } from "../cluster/facts.ts";
import { clusterSchema as clusterFile } from "../cluster/schema.ts";
import type { HostReport } from "../report/host-report.ts";
import { clusterSchema } from "./cluster-schema.ts";
import { clusterShown, Moments } from "./cluster-view.ts";

const cluster = clusterFile.parse(smallCluster);
const context = { cluster, self: hostNamed(cluster, "a") };
const well = { agent: { ok: true, problem: null }, database: { ok: true, problem: null } };
const at = Date.UTC(2026, 10, 29);
const entry = (host: string, more: Partial<HostReport> = {}, ageMs = 0) => ({
  ageMs,
  report: aReport(host, { parts: nodeParts, ...more }),
});
const show = (entries: ReturnType<typeof entry>[], moments = new Moments(), now = at) =>
  clusterShown(context, { entries, ...well }, moments, now);

test("it fits its schema, and says who has the address and who could take it", () => {
  const shown = show([entry("a", { holds: true }), entry("b"), entry("w", { role: "witness" })]);
  expect(clusterSchema.parse(shown)).toEqual(shown);
  expect(shown.address).toMatchObject({ service: ["192.0.2.100"], holder: "a", ready: ["b"] });
  expect(shown.hosts.map(({ name, stands }) => [name, stands])).toEqual([
    ["a", "holder"],
    ["b", "standby"],
    ["w", "votes"],
  ]);
});

test("a claim of the past is none, and telephones of the functional test are nobody's", () => {
  const holds = { holds: true, term: 2, standing: { contacts: 3, telephones: 1 } };
  const shown = show([entry("a", holds), entry("b", { holds: true }, 900), entry("w", { role: "witness" })]);
  expect(shown.address).toMatchObject({ holder: "a", holders: ["a"] });
  expect(shown.load.contacts).toBe(1);
  const older = show([entry("a", { holds: true, standing: { contacts: 3 } })]);
  expect(older.load.contacts).toBe(3);
});

test("moments stay the same although ages are told anew", () => {
  const moments = new Moments();
  const drilling = { name: "switchover", by: "ada", forMs: 4000, said: "" };
  const first = show([entry("a", { holds: true, drilling })], moments);
  const later = show(
    [entry("a", { holds: true, drilling: { ...drilling, forMs: 5030 } })],
    moments,
    at + 1000,
  );
  expect(first.drilling?.since).toBe(new Date(at - 4000).toISOString());
  expect(later.drilling?.since).toBe(first.drilling?.since);
});

test("a host that is not heard is silent, with the reason that the others found", () => {
  const watch = { silent: { b: "host-unreachable" }, alerts: { undeliverable: false, told: [] }, hosts: {} };
  const shown = show([
    entry("a", { holds: true, watch: watch as unknown as NonNullable<HostReport["watch"]> }),
    entry("b", {}, 60_000),
  ]);
  const b = shown.hosts.find(({ name }) => name === "b");
  expect(b).toMatchObject({ heard: false, stands: "silent", why: ["the host is off or cut off"] });
  expect(b?.heard_at).toBe(new Date(at - 60_000).toISOString());
  expect(shown.hosts.find(({ name }) => name === "w")).toMatchObject({ heard: false, stands: "silent" });
  expect(shown.light.colour).not.toBe("green");
});

test("an order that nobody took yet waits; what became of the others follows", () => {
  const order = { id: "2", change: "2", host: "b", who: "ada", work: { kind: "undrain" as const } };
  const done = {
    id: "1",
    change: "1",
    kind: "drain",
    who: "ada",
    state: "done" as const,
    text: "takes no new work",
  };
  const shown = show([
    entry("a", { holds: true, orders: [order] }),
    entry("b", { orderResults: [{ ...done, wallMs: at }] }),
  ]);
  expect(shown.orders.map(({ id, state }) => [id, state])).toEqual([
    ["2", "waiting"],
    ["1", "done"],
  ]);
});
