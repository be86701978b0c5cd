import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type HostContext, hostDirs } from "../cluster/facts.ts";
import type { HostReport } from "../report/host-report.ts";
import type { Order, Work } from "../report/order.ts";
import { OrderBook, type Outcome, whyBusy } from "./orders.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "orders-"));
});
afterEach(() => rmSync(data, { recursive: true }));

const order = (host: string, work: Work, id = "1", change = "c"): Order => ({
  id,
  change,
  host,
  who: "root@a",
  work,
});
const undrain: Work = { kind: "undrain" };

function book(host: string, perform: (given: Order) => Promise<Outcome>): OrderBook {
  const context = { self: { name: host }, dirs: hostDirs(data) } as HostContext;
  return new OrderBook(context, perform, () => undefined);
}
const reportWith = (orders: Order[]) => ({ host: "a", orders }) as HostReport;

test("an order in a peer's report is carried out once, however often it is heard", async () => {
  const perform = vi.fn(() => Promise.resolve({ text: "well" }));
  const b = book("b", perform);
  const report = reportWith([order("b", undrain), order("w", undrain, "2")]);
  b.heard(report);
  b.heard(report);
  await vi.waitFor(() => expect(b.taken[0]?.state).toBe("done"));
  b.heard(report);
  expect(perform).toHaveBeenCalledTimes(1);
  expect(b.taken).toHaveLength(1);
});

test("its giver keeps it until the other host tells what became of it", () => {
  const a = book("a", () => Promise.resolve({ text: "" }));
  a.post(order("b", undrain));
  expect(a.given).toHaveLength(1);
  a.heard({ host: "b", orderResults: [] } as unknown as HostReport);
  expect(a.given).toHaveLength(1);
  const told = {
    id: "1",
    change: "c",
    kind: "undrain",
    who: "x",
    state: "running",
    text: "",
    wallMs: 0,
  } as const;
  a.heard({ host: "b", orderResults: [told] } as unknown as HostReport);
  expect(a.given).toEqual([]);
});

test("what ends in a restart is done when the next agent starts, and not begun again", async () => {
  const first = book("b", () => Promise.resolve({ text: "restarting", restarts: true }));
  first.heard(reportWith([order("b", { kind: "restart", parts: false, force: false })]));
  await vi.waitFor(() => expect(first.taken[0]?.text).toBe("restarting"));
  expect(first.taken[0]?.state).toBe("running");
  const perform = vi.fn(() => Promise.resolve({ text: "" }));
  const next = book("b", perform);
  next.heard(reportWith([order("b", { kind: "restart", parts: false, force: false })]));
  expect(next.taken[0]?.state).toBe("done");
  expect(perform).not.toHaveBeenCalled();
});

test("a failure is told in the words of the work", async () => {
  const b = book("b", () => Promise.reject(new Error("it holds the service address")));
  b.post(order("b", undrain));
  await vi.waitFor(() =>
    expect(b.taken[0]).toMatchObject({ state: "failed", text: "it holds the service address" }),
  );
});

test("what is no order is refused whole", () => {
  const b = book("b", () => Promise.resolve({ text: "" }));
  expect(() => b.post({ ...order("b", undrain), work: { kind: "run", program: "sh" } })).toThrow();
  expect(b.taken).toEqual([]);
});

test("one change at a time", () => {
  const running = {
    id: "1",
    change: "c",
    kind: "restart",
    who: "x@a",
    state: "running",
    text: "",
    wallMs: 0,
  } as const;
  expect(whyBusy([running], "d", 5000)).toMatch(/busy with 'restart' of x@a for 5 s/);
  expect(whyBusy([running], "c", 5000)).toBeUndefined();
  expect(whyBusy([{ ...running, state: "done" }], "d", 5000)).toBeUndefined();
});
