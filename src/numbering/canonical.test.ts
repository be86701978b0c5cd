import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { calledAt, callerAt, kindOf, placeOf } from "./canonical.ts";
import { formatted } from "./format.ts";
import { type SiteInput, siteSchema } from "./site-schema.ts";

const place = (site: Partial<SiteInput>) =>
  placeOf(siteSchema.parse({ name: "s", country: "DE", time_zone: "UTC", ...site }));

const berlin = place({ area_code: "30", extension_length: 3 });
const stuttgart = place({ area_code: "711", outside_prefix: "0" });
const london = place({ country: "GB", area_code: "20", outside_prefix: "9" });
const newYork = place({ country: "US", area_code: "212", outside_prefix: "9" });
const boston = place({ country: "US", area_code: "617" });
const madrid = place({ country: "ES" });
const rome = place({ country: "IT" });
const sydney = place({ country: "AU", area_code: "2" });
const saoPaulo = place({ country: "BR", area_code: "11" });

describe("what was dialled at a site", () => {
  it.each([
    // Without an outside prefix.
    ["international", berlin, "00442079460000", "+442079460000"],
    ["national", berlin, "0711123456", "+49711123456"],
    ["in the area", berlin, "123456", "+4930123456"],
    ["an extension", berlin, "123", "123"],
    ["what is longer than an extension", berlin, "1234", "+49301234"],
    ["as in a telephone's book", berlin, "+49711123456", "+49711123456"],
    ["a trunk prefix too many", berlin, "+490711123456", "+49711123456"],
    ["another country's trunk prefix too many", berlin, "+4402079460000", "+442079460000"],
    ["Italian zeros stay", berlin, "+390612345678", "+390612345678"],
    ["Italian zeros stay behind 00", berlin, "00390612345678", "+390612345678"],
    ["a short number", berlin, "116117", "116117"],
    ["a name", berlin, "ada", "ada"],
    ["a feature code", berlin, "*21*123#", "*21*123#"],
    ["nothing", berlin, "", ""],
    ["a plus alone", berlin, "+", "+"],
    ["national without trunk prefix", boston, "2125550123", "+12125550123"],
    ["seven digits", boston, "5550123", "+16175550123"],
    ["with trunk prefix", boston, "12125550123", "+12125550123"],
    ["abroad", boston, "011442079460000", "+442079460000"],
    ["a short number there", boston, "411", "411"],
    ["a closed plan", madrid, "912345678", "+34912345678"],
    ["zeros that belong to the number", rome, "0612345678", "+390612345678"],
    ["abroad with several prefixes", sydney, "0011442079460000", "+442079460000"],
    ["in the area, there", sydney, "91234567", "+61291234567"],
    ["a plan with carriers' codes", saoPaulo, "0151123456789", "+551123456789"],
    // With one.
    ["an extension that looks long", stuttgart, "123456", "123456"],
    ["outside, in the area", stuttgart, "0123456", "+49711123456"],
    ["outside, national", stuttgart, "0030123456", "+4930123456"],
    ["outside, international", stuttgart, "000442079460000", "+442079460000"],
    ["outside, there", newYork, "917185550123", "+17185550123"],
    ["outside, in the area, there", newYork, "95550123", "+12125550123"],
    ["outside, national, there", london, "901142345678", "+441142345678"],
    // Emergencies.
    ["an emergency", berlin, "112", "112"],
    ["behind the outside prefix", stuttgart, "0112", "112"],
    ["the police", stuttgart, "110", "110"],
    ["999", london, "9999", "999"],
    ["999 itself", london, "999", "999"],
    ["911", newYork, "911", "911"],
    ["9 911", newYork, "9911", "911"],
    ["112 behind the country's code", berlin, "+49112", "112"],
    ["000", sydney, "000", "000"],
    ["the police behind the trunk prefix", berlin, "0110", "110"],
    // Found by the property below.
    ["many zeros", sydney, "0000000", "+6100000"],
  ])("%s: %#", (_, at, dialled, meant) => {
    expect(calledAt(at, dialled)).toBe(meant);
  });

  it("is the same number when it is understood again", () => {
    const places = [berlin, stuttgart, london, newYork, boston, madrid, rome, sydney];
    fc.assert(
      fc.property(
        fc.constantFrom(...places),
        fc.stringMatching(/^(\+|00|0|9|011)?[0-9]{1,12}$/),
        (at, dialled) => {
          const meant = calledAt(at, dialled);
          if (meant.startsWith("+")) expect(calledAt(at, meant)).toBe(meant);
        },
      ),
    );
  });

  it("knows emergency numbers of the site's own", () => {
    const works = place({ emergency: ["555"], outside_prefix: "0" });
    expect(kindOf(works, calledAt(works, "0555")).class).toBe("emergency");
  });

  it("takes no outside prefix away from a caller's number", () => {
    expect(callerAt(stuttgart, "0711123456")).toBe("+49711123456");
    expect(callerAt(stuttgart, "1234")).toBe("1234");
    expect(callerAt(stuttgart, "anonymous")).toBe("anonymous");
  });
});

describe("what kind of number it is", () => {
  it.each([
    [stuttgart, "+49711123456", "local", "DE"],
    [stuttgart, "+4930123456", "national", "DE"],
    [stuttgart, "+4915112345678", "mobile", "DE"],
    [stuttgart, "+491805123456", "shared", "DE"],
    [stuttgart, "+499001123456", "premium", "DE"],
    [stuttgart, "+498001234567", "free", "DE"],
    [stuttgart, "+80012345678", "free", undefined],
    [stuttgart, "+442079460000", "international", "GB"],
    [stuttgart, "+447911123456", "international", "GG"],
    [newYork, "+16135550123", "international", "CA"],
    [newYork, "+19005550123", "premium", "US"],
    [stuttgart, "+44909879000", "international", undefined],
    [stuttgart, "112", "emergency", "DE"],
    [newYork, "911", "emergency", "US"],
    [stuttgart, "115", "short", "DE"],
    [newYork, "2001", "extension", undefined],
    [stuttgart, "1234", "extension", undefined],
    [stuttgart, "ada", "name", undefined],
  ] as const)("%#: %s", (at, number, kind, country) => {
    const found = kindOf(at, number);
    expect(found.class).toBe(kind);
    if (country !== undefined) expect(found.country).toBe(country);
  });
});

describe("another system's form of a number", () => {
  const where = { country: "DE", area_code: "711" };
  it.each([
    ["+49711123456", "e164", "+49711123456"],
    ["+49711123456", "e164-bare", "49711123456"],
    ["+49711123456", "international", "0049711123456"],
    ["+49711123456", "national", "0711123456"],
    ["+49711123456", "local", "123456"],
    ["+4930123456", "local", "030123456"],
    ["+442079460000", "national", "00442079460000"],
    ["112", "e164-bare", "112"],
    ["ada", "national", "ada"],
  ] as const)("%s %s: %s", (number, format, written) => {
    expect(formatted(number, format, where)).toBe(written);
  });

  it("is understood again as the same number", () => {
    const digits = fc.stringMatching(/^[2-9][0-9]{6,8}$/);
    fc.assert(
      fc.property(digits, fc.constantFrom("711", "30", "89"), (local, area) => {
        const number = `+49${area}${local}`;
        for (const format of ["international", "national"] as const)
          expect(calledAt(berlin, formatted(number, format, where))).toBe(number);
      }),
    );
  });
});
