import { expect, it } from "vitest";
import type { News } from "../call/news-schema.ts";
import { idBehind, placeAfter, textOf } from "./stream.ts";

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

it("the id of a place is one that goes on behind it", () => {
  expect(placeAfter(idBehind(7))).toEqual({ position: 6, within: 1_000_000 });
  expect(placeAfter(idBehind(0))).toEqual({ position: 0, within: 0 });
});
