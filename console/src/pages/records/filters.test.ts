import { expect, test } from "vitest";
import { queryOf, readFilters, writeFilters } from "./filters.ts";
import { hostOf, party } from "./record-types.ts";

test("filters stand in the address as they were typed, and nothing that is not one", () => {
  const search = writeFilters({ party: " +49 711 ", outcome: "busy", min_duration_s: "60", rule: "" });
  expect(search).toBe("?party=%2B49+711&outcome=busy&min_duration_s=60");
  expect(readFilters(search)).toEqual({ party: "+49 711", outcome: "busy", min_duration_s: "60" });
  expect(readFilters("?outcome=nonsense&period=eon&other=1")).toEqual({});
  expect(writeFilters({})).toBe("");
});

test("a period reaches back from now, and counts more than moments", () => {
  const now = Date.parse("2026-11-29T12:00:00Z");
  expect(queryOf({ period: "day", until: "2026-01-01T00:00", carrier: "iron" }, now)).toEqual({
    since: "2026-11-28T12:00:00.000Z",
    carrier: "iron",
  });
  expect(queryOf({ since: "2026-11-01T00:00Z", until: "junk" }, now)).toEqual({
    since: "2026-11-01T00:00:00.000Z",
  });
});

test("addresses in short", () => {
  expect(party("sip:1001@198.18.77.100:5060;transport=tcp")).toBe("1001");
  expect(party("<sip:%2B49711@[2001:db8::1]>")).toBe("+49711");
  expect(party("sip:198.18.77.50")).toBe("198.18.77.50");
  expect(party("sip:50%@x")).toBe("50%");
  expect(hostOf("sip:1001@198.18.77.11:5062;ob")).toBe("198.18.77.11:5062");
});
