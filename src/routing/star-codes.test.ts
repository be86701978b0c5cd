import { describe, expect, it } from "vitest";
import { questionTo } from "../../test/support/questions.ts";
import { decisionSchema, type Question } from "../call/contract.ts";
import { scriptLine } from "../call/line.ts";
import { featuresSchema } from "../directory/features-schema.ts";
import { emptySnapshot, withChanges } from "../entities/snapshot.ts";
import { decide } from "./decide.ts";
import { registry } from "./registry.ts";

const user = (name: string, pickup: string[]) => ({
  name,
  display: "",
  ha1_md5: "0".repeat(32),
  ha1_sha256: "0".repeat(64),
  enabled: true,
  features: featuresSchema.parse({ pickup }),
});
const office = withChanges(registry, emptySnapshot(registry), 1, {
  users: new Map(
    [
      user("1001", ["office"]),
      user("1002", ["office", "shop"]),
      user("1003", ["else"]),
      user("1004", []),
    ].map((one) => [one.name, one]),
  ),
  numbers: new Map([["+4971110", { number: "+4971110", user: "1001", description: "" }]]),
});
const line = (number: string, more: Partial<Question> = {}) => {
  const decision = decide(office, questionTo(number, more), 0);
  expect(decisionSchema.safeParse(decision).success).toBe(true);
  return scriptLine(decision).replaceAll("%2C", ",").replaceAll("%40", "@").replaceAll("%7C", "|");
};

describe("a call that is taken", () => {
  it("rings at somebody with whom the user has a pickup group in common", () => {
    expect(line("*8*1001#", { user: "1002" })).toBe("reject|n|0|code:pickup|480|Nothing To Take|,(1001),");
    expect(line("*8*+4971110", { user: "1002" })).toContain("|,(1001),");
    expect(line("*8*1003#", { user: "1002" })).toContain("|403|");
    expect(line("*8*1001#", { user: "1004" })).toContain("|403|");
    expect(line("*8*9#", { user: "1002" })).toContain("|404|");
  });

  it("rings at anybody of its groups", () => {
    expect(line("*8#", { user: "1002" })).toContain("|480|Nothing To Take|,(@office|@shop),");
    expect(line("*8#", { user: "1004" })).toContain("|403|");
  });

  it("waits in a slot", () => {
    expect(line("*6*701#", { user: "1004" })).toBe("reject|n|0|code:park-take|480|Nothing To Take|=701");
    expect(line("*6*7.1#", { user: "1004" })).toContain("|404|");
  });

  it("is taken by who has proved to be a user", () => {
    for (const code of ["*8*1001#", "*8#", "*6*701#"]) expect(line(code)).toContain("|407|");
  });

  it("can be taken where its users are in pickup groups", () => {
    expect(line("1002")).toMatch(
      /^serial\|a\|[0-9]+\|user:1002\|\|\|g\|\|\|\|1\|u\|1002\|\|0\|\|@office,@shop,$/,
    );
    expect(line("1004")).toMatch(/\|u\|1004\|\|0\|$/);
  });
});

describe("a call that is parked", () => {
  it("waits in its slot, then rings where it came from", () => {
    expect(line("*5*701#", { referred_by: "1001" })).toBe(
      "serial|n|0|code:park|||gp||||1|u|1001||30000||@office,|701,60000",
    );
  });

  it("was transferred there by a user", () => {
    expect(line("*5*701#", { user: "1001" })).toContain("|403|");
    expect(line("*5*701#", { referred_by: "nobody" })).toContain("|403|");
    expect(line("*5*701#", { referred_by: "+4971110" })).toContain("|u|1001|");
  });
});
