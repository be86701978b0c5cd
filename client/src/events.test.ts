import { expect, it } from "vitest";
import { eventsIn } from "./events.ts";

it("reads what is whole, and leaves the rest", () => {
  const text =
    'retry: 2000\nid: 6-9\n\n: here\n\nid: 7-0\r\nevent: call.ended\r\ndata: {"a":1}\r\n\r\nid: 7-1\ndata: ';
  expect(eventsIn(text)).toEqual({
    events: [{ id: "7-0", type: "call.ended", data: { a: 1 } }],
    id: "7-0",
    rest: "id: 7-1\ndata: ",
  });
});

it("reads the same however it is cut", () => {
  const text = 'id: 1\nevent: a\ndata: "x"\n\ndata: [1,\ndata: 2]\n\n';
  const whole = eventsIn(text).events;
  expect(whole).toEqual([
    { id: "1", type: "a", data: "x" },
    { id: "1", type: "message", data: [1, 2] },
  ]);
  for (let cut = 0; cut <= text.length; cut++) {
    const first = eventsIn(text.slice(0, cut));
    const second = eventsIn(first.rest + text.slice(cut));
    expect([...first.events, ...second.events].map(({ data }) => data)).toEqual(["x", [1, 2]]);
  }
});

it("an id without an event is a place too", () => {
  expect(eventsIn("id: 5-999999\n\n")).toEqual({ events: [], id: "5-999999", rest: "" });
  expect(eventsIn(": here\n\n").id).toBeUndefined();
});

it("refuses what is no JSON", () => {
  expect(() => eventsIn("data: <html>\n\n")).toThrow(SyntaxError);
});
