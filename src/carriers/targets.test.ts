import { expect, it } from "vitest";
import { carrierSchema } from "./carrier-schema.ts";
import { shownTo } from "./targets.ts";

const carrier = (caller_id?: object) =>
  carrierSchema.parse({ name: "one", addresses: [{ host: "192.0.2.1" }], ...(caller_id && { caller_id }) });

it("shows a carrier the numbers that it may be shown, and the main number in place of others", () => {
  const one = carrier({ may_show: ["+4930123*", "+4940"], main: "+49301230", number: "00{digits}" });
  expect(shownTo(one, "+49301234")).toBe("0049301234");
  expect(shownTo(one, "+4940")).toBe("004940");
  expect(shownTo(one, "+44123")).toBe("0049301230");
  expect(shownTo(one, "ada")).toBe("0049301230");
});

it("shows what the decision says where nothing is said, and nothing that is no number", () => {
  expect(shownTo(carrier(), "+4930")).toBeUndefined();
  expect(shownTo(carrier({}), "+4930")).toBe("+4930");
  expect(shownTo(carrier({}), "a;b@c")).toBeUndefined();
});
