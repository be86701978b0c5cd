import { describe, expect, it } from "vitest";
import type { News } from "../call/news-schema.ts";
import { pauseMs, wants } from "./wants.ts";
import { webhookSchema } from "./webhook-schema.ts";

const news = (type: News["type"], call: Partial<News["call"]> = {}): News => ({
  id: "1",
  type,
  time: "2026-11-28T20:00:00Z",
  node: "a",
  code: 200,
  target: "",
  call: {
    ...{ id: "r", call_id: "c", state: "answered", from: "", to: "", number: "+49301234", user: "ada" },
    ...{ target: "", carrier: "one", rule: "sales", tags: { team: "sales" }, node: "a", started_at: "" },
    ...{ answered_at: null, ended_at: null, duration_ms: null, outcome: "answered", code: 200 },
    ...call,
  },
});

const hook = (more: object = {}) =>
  webhookSchema.parse({ name: "crm", url: "https://crm.example/", ...more });

describe("a webhook", () => {
  it("is told of starts, answers and ends when it says nothing", () => {
    expect(wants(hook(), news("call.started"))).toBe(true);
    expect(wants(hook(), news("call.ringing"))).toBe(false);
    expect(wants(hook({ events: ["call.ringing"] }), news("call.ringing"))).toBe(true);
  });

  it.each([
    [{ user: "ada" }, true],
    [{ user: "bob" }, false],
    [{ number: "+49301234" }, true],
    [{ number: "+4930*" }, true],
    [{ number: "+4930" }, false],
    [{ carrier: "one", rule: "sales" }, true],
    [{ carrier: "one", rule: "other" }, false],
    [{ tag: "team=sales" }, true],
    [{ tag: "team=" }, false],
    [{ tag: "toString=x" }, false],
  ])("with the filter %o: %s", (filter, told) => {
    expect(wants(hook({ filter }), news("call.ended"))).toBe(told);
  });

  it("has no address with a password, and no filter that nobody knows", () => {
    expect(() => hook({ url: "https://user:pw@crm.example/" })).toThrow();
    expect(() => hook({ filter: { colour: "red" } })).toThrow();
  });
});

it("pauses grow, and have a limit", () => {
  expect([1, 2, 3, 20].map(pauseMs)).toEqual([5000, 15_000, 45_000, 10_800_000]);
});
