import { expect, it } from "vitest";
import type { News } from "../call/news-schema.ts";
import type { Narrowing } from "../http/scope.ts";
import { bytesOf, idBehind, placeAfter, textOf, type Wanted } from "./stream.ts";

it("an id is a place in the feed, and what is wanted is behind it", () => {
  expect(placeAfter("7-0")).toEqual({ position: 6, within: 1 });
  expect(placeAfter("7-12")).toEqual({ position: 6, within: 13 });
  for (const id of ["", "7", "-1-0", "7-0x", "9999999999999999-0"]) expect(placeAfter(id)).toBeUndefined();
});

it("a page is told from where somebody is on, and only what is wanted", () => {
  const news = (id: string, type: News["type"]) => ({ id, type, call: {} }) as News;
  const entries = [
    { position: 7, at: new Date(0), news: [news("a", "call.started"), news("b", "call.ended")] },
    { position: 9, at: new Date(0), news: [news("c", "call.ended")] },
  ];
  const ids = (place: { position: number; within: number }, types?: News["type"][]) =>
    textOf({ entries }, place, { types: types && new Set(types), filter: {}, narrowing: undefined }).match(
      /(?<=^id: ).*/gm,
    );
  expect(ids({ position: 6, within: 0 })).toEqual(["7-0", "7-1", "9-0"]);
  expect(ids({ position: 6, within: 1 })).toEqual(["7-1", "9-0"]);
  expect(ids({ position: 6, within: 0 }, ["call.ended"])).toEqual(["7-1", "9-0"]);
  expect(ids({ position: 6, within: 1 }, ["call.started"])).toBeNull();
});

it("a whole page is encoded once for all who want the same, and for nobody else", () => {
  const news = (id: string, type: News["type"]) => ({ id, type, call: {} }) as News;
  const entries = [
    { position: 7, at: new Date(0), news: [news("a", "call.started"), news("b", "call.ended")] },
  ];
  const all: Wanted = { types: undefined, filter: {}, narrowing: undefined };
  const told = (wanted: Wanted, place = { position: 6, within: 0 }) => bytesOf({ entries }, place, wanted);
  expect(told({ ...all, filter: {} })).toBe(told(all));
  expect(told(all).toString()).toBe(textOf({ entries }, { position: 6, within: 0 }, all));
  // Whoever comes back may be at any place before.
  expect(told(all, { position: 3, within: 5 })).toBe(told(all));
  for (const other of [
    told({ ...all, types: new Set(["call.ended"]) }),
    told({ ...all, filter: { user: "ada" } }),
    told({ ...all, narrowing: { call: () => false } as unknown as Narrowing }),
    told(all, { position: 6, within: 1 }),
  ])
    expect(other.equals(told(all))).toBe(false);
});

it("the id of a place is one that goes on behind it", () => {
  expect(placeAfter(idBehind(7))).toEqual({ position: 6, within: 1_000_000 });
  expect(placeAfter(idBehind(0))).toEqual({ position: 0, within: 0 });
});
