import { expect, it } from "vitest";
import { withoutPin } from "./pin.ts";

it("no PIN that was dialled stays in what is kept of a call", () => {
  for (const [said, kept] of [
    ["sip:*11*1001*471108#@pbx.example", "sip:*11*1001*PIN#@pbx.example"],
    [
      "sip:%2A11%2A1001%2A471108%23@pbx.example;user=phone",
      "sip:%2A11%2A1001%2APIN%23@pbx.example;user=phone",
    ],
    ["<sip:*11*ada*4711@pbx.example>", "<sip:*11*ada*PIN@pbx.example>"],
    ["*11*1001*4711", "*11*1001*PIN"],
    ["#99*+4971110*123456", "#99*+4971110*PIN"],
  ] as const)
    expect(withoutPin(said)).toBe(kept);
  for (const other of ["sip:1001@x", "*21*0171123456#", "*61*1001*120#", "sip:*8*1002@x", "+49711*4711"])
    expect(withoutPin(other)).toBe(other);
});
