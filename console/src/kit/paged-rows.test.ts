import { describe, expect, test, vi } from "vitest";
import { PagedRows, type PageOf } from "./paged-rows.ts";

/** `total` rows whose keys are their numbers. */
const numbers = (total: number) =>
  vi.fn(async (after: string, limit: number): Promise<PageOf<number>> => {
    const from = after === "" ? 0 : Number(after) + 1;
    const rows = Array.from(
      { length: Math.max(0, Math.min(limit, total - from)) },
      (_, index) => from + index,
    );
    return { rows, next: rows.length === limit ? String(rows.at(-1)) : null };
  });

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe("rows by pages", () => {
  test("come as they are looked at, and what is far away goes and comes back", async () => {
    const load = numbers(1000);
    const rows = new PagedRows(load, { pageSize: 10, keep: 4 });
    for (let at = 0; at < 1000; at += 5) {
      rows.need(at, at + 5);
      await settled();
    }
    expect(rows.state).toMatchObject({ count: 1000, more: false, fault: undefined });
    expect(rows.row(999)).toBe(999);
    expect(rows.row(0)).toBeUndefined();
    rows.need(0, 5);
    await settled();
    expect(rows.row(3)).toBe(3);
    expect(rows.state.count).toBe(1000);
  });

  test("a list that ends with a full page ends when the next one is empty", async () => {
    const rows = new PagedRows(numbers(20), { pageSize: 10 });
    for (const at of [0, 9, 19, 20]) {
      rows.need(at, at);
      await settled();
    }
    expect(rows.state).toMatchObject({ count: 20, more: false });
  });

  test("a page that did not come is told, and asked for again", async () => {
    const load = numbers(5).mockRejectedValueOnce(new Error("gone"));
    const rows = new PagedRows(load, { pageSize: 10 });
    rows.need(0, 9);
    await settled();
    expect(rows.state.fault).toEqual(new Error("gone"));
    rows.need(0, 9);
    await settled();
    expect(rows.state).toMatchObject({ fault: undefined, count: 5, first: false });
  });

  test("what was made meanwhile is seen after a refresh", async () => {
    let total = 10;
    const rows = new PagedRows((after, limit) => numbers(total)(after, limit), { pageSize: 10 });
    rows.need(0, 10);
    await settled();
    total = 12;
    await rows.refresh();
    rows.need(5, 12);
    await settled();
    expect(rows.state).toMatchObject({ count: 12, more: false });
  });

  test("what was made meanwhile moves the pages behind it: they are not asked for before they are looked at", async () => {
    let newest = 0;
    const load = vi.fn(async (after: string, limit: number): Promise<PageOf<number>> => {
      const from = after === "" ? newest : Number(after) - 1;
      const rows = Array.from({ length: limit }, (_, index) => from - index);
      return { rows, next: String(rows.at(-1)) };
    });
    const rows = new PagedRows(load, { pageSize: 10 });
    for (let at = 0; at < 50; at += 5) {
      rows.need(at, at + 5);
      await settled();
    }
    load.mockClear();
    newest = 3;
    await rows.refresh();
    expect(load).toHaveBeenCalledTimes(1);
    expect([rows.row(0), rows.row(9), rows.row(10)]).toEqual([3, -6, undefined]);
  });

  test("what a long search found so far is shown, and more is expected", async () => {
    let goOn = () => {};
    const pause = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const rows = new PagedRows<number>(async (_after, _limit, _signal, sofar) => {
      sofar([1, 2]);
      await pause;
      return { rows: [1, 2, 3], next: null };
    });
    rows.need(0, 10);
    await settled();
    expect([rows.state, rows.row(1)]).toMatchObject([{ count: 2, more: true, first: false }, 2]);
    goOn();
    await settled();
    expect([rows.state, rows.row(2)]).toMatchObject([{ count: 3, more: false }, 3]);
  });
});
