import { describe, expect, it } from "vitest";
import { checkScript, faultsIn } from "./check.ts";

const limits = { timeout: 20_000 };

/** The real compiler. */
describe("checking a script", () => {
  it("takes one that fits", limits, async () => {
    const source = `export async function decide(call: Call, helpers: Helpers): Promise<Answer> {
      const user = await helpers.userOf(call.number);
      return user === undefined ? { action: "next" } : { action: "route", targets: [{ type: "user", user }] };
    }`;
    expect(await checkScript(source)).toEqual([]);
  });

  it.each([
    [
      "a wrong type",
      "export const decide = (call: Call): Answer => ({ action: 'reject', code: call.number });",
      1,
      /code|number/,
    ],
    ["a typing error", "\nexport const decide = (call: Call) => call.numbr;", 2, /numbr/],
    ["no decide", "export const other = 1;", 1, /decide/],
    ["what it is not given", "export const decide = () => process.exit();", 1, /process/],
    ["what is no syntax", "export const decide = (", 1, /expected/],
    ["a type that makes code", "enum A { B } export const decide = () => undefined;", 1, /erasable/i],
  ])("names line and column of %s", limits, async (_name, source, line, message) => {
    const [fault] = await checkScript(source);
    expect(fault).toMatchObject({ line, message: expect.stringMatching(message) });
  });

  it("reads what the compiler prints", () => {
    expect(faultsIn("script.ts(3,5): error TS2322: A\n  B\nuse.ts(2,1): error TS1: C\n")).toEqual([
      { line: 3, column: 5, message: "A B" },
    ]);
  });
});
