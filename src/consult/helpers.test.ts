import { describe, expect, it } from "vitest";
import { calendarSchema } from "../circumstances/calendar-schema.ts";
import { pack } from "../circumstances/lookup.ts";
import { compiled } from "../circumstances/opening.ts";
import { placeOf } from "../numbering/canonical.ts";
import { siteSchema } from "../numbering/site-schema.ts";
import { checkScript } from "./check.ts";
import { scriptHelpers } from "./helpers.ts";

const place = placeOf(
  siteSchema.parse({
    ...{
      name: "stuttgart",
      country: "DE",
      area_code: "711",
      outside_prefix: "0",
      time_zone: "Europe/Berlin",
    },
    location: "x",
  }),
);
const calendar = compiled(
  calendarSchema.parse({
    ...{ name: "office", time_zone: "Europe/Berlin" },
    hours: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "08:00", to: "18:00" }],
    days: [{ from: "12-24", to: "12-24", name: "Christmas Eve", hours: [] }],
  }),
);
const asks = {
  carrier: "one",
  state: "known",
  name: "Germany",
  currency: "EUR",
  per_minute: "0.01",
  cost: "0.03",
};
const asked: [string, number][] = [];
const helpers = scriptHelpers(
  {
    snapshot: {
      parts: {
        users: new Map(),
        numbers: new Map([["5000", { user: "ada" }]]),
        flags: new Map([["night", { on: true }]]),
        tables: new Map([
          ["customers", { packed: pack(["number", "agent", "level"], [["+4930", "1001", "gold"]]) }],
        ]),
      },
      indexes: {
        sites: { byName: new Map([["stuttgart", place]]), fallback: place, networks: [] },
        calendars: new Map([["office", calendar]]),
      },
    },
  },
  (number, seconds) => {
    asked.push([number, seconds]);
    return [{ ...asks, compared: null, digest: "not for scripts" } as never];
  },
);
const help = (what: string, ...argument: unknown[]) => helpers[what]?.(argument);

describe("what scripts look up", () => {
  it("numbers, as they are meant at a site", () => {
    expect(help("number", "0 0151 12345678")).toEqual({
      number: "+4915112345678",
      class: "mobile",
      country: "DE",
    });
    expect(help("number", "0112", "stuttgart")).toMatchObject({ number: "112", class: "emergency" });
    expect(() => help("number", "1", "nowhere")).toThrow("there is no site nowhere");
  });

  it("prices, of calls of a length that makes sense", () => {
    expect(help("prices", "+4930")).toEqual([{ ...asks, compared: null }]);
    help("prices", "+4930", "many");
    help("prices", "+4930", 1e9);
    expect(asked.map(([, seconds]) => seconds)).toEqual([180, 1, 86_400]);
  });

  it("calendars, at a time", () => {
    expect(help("calendar", "office", "2026-12-01T10:00:00+01:00")).toEqual({ state: "open", day: "" });
    expect(help("calendar", "office", "2026-12-24T10:00:00+01:00")).toEqual({
      state: "holiday",
      day: "Christmas Eve",
    });
    expect(() => help("calendar", "office", "soon")).toThrow("is no time");
    expect(() => help("calendar", "shop")).toThrow("there is no calendar shop");
  });

  it("tables and flags", () => {
    expect(help("table", "customers", "+4930")).toBe("1001");
    expect(help("table", "customers", "+4930", "level")).toBe("gold");
    expect(help("table", "customers", "+4940")).toBeUndefined();
    expect(() => help("table", "none", "x")).toThrow("there is no table none");
    expect([help("flag", "night"), help("flag", "day")]).toEqual([true, false]);
  });
});

it("scripts that use all of it are well typed, and one that takes it for something else is not", async () => {
  const source = (line: string) =>
    `export async function decide(call: Call, helpers: Helpers): Promise<Answer> {
      const [cheapest] = await helpers.prices(call.number, 60);
      const open = (await helpers.calendar("office")).state === "open" && !(await helpers.flag("night"));
      const meant = await helpers.number(call.number);
      const agent = (await helpers.table("customers", call.from.user)) ?? "1001";
      ${line}
      if (!open || meant.class === "premium") return { action: "reject", code: 302, contacts: ["tel:+4930"], tags: { why: "closed" } };
      return { action: "route", targets: [{ type: "user", user: agent }], tags: { carrier: cheapest?.carrier ?? "" } };
    }`;
  expect(await checkScript(source(""))).toEqual([]);
  expect(await checkScript(source("const cost: number = cheapest.cost;"))).not.toEqual([]);
});
