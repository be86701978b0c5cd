import { describe, expect, it } from "vitest";
import { type CallerOptions, callerScenario, sixWords } from "./caller-scenario.ts";
import { registerScenario } from "./phone.ts";
import { phoneScenario } from "./phone-scenario.ts";

const caller: CallerOptions = {
  run: "r1",
  from: "1001",
  fromDomain: "198.18.77.100",
  to: "1002",
  patienceMs: 4000,
  holdMs: 0,
};

/** Every `next`, `ontimeout` names a label, no label twice: SIPp finds out only when it gets there. */
function checkLabels(xml: string): void {
  const labels = [...xml.matchAll(/<label id="([^"]+)"/g)].map((found) => found[1]);
  expect(new Set(labels).size).toBe(labels.length);
  for (const [, , name] of xml.matchAll(/ (next|ontimeout)="([^"]+)"/g)) expect(labels).toContain(name);
}

describe("scenarios", () => {
  it("name only labels that exist", () => {
    for (const more of [{}, { password: "s3cret" }, { reinvite: true, holdMs: 1000 }, { cancelAfterMs: 500 }])
      checkLabels(callerScenario({ ...caller, ...more }));
    for (const behaviour of ["answer", "busy", "decline", "ring", "silent"] as const) {
      checkLabels(phoneScenario("p1", { behaviour, ringMs: 100 }));
      checkLabels(phoneScenario("p1", { behaviour, ringMs: 0, hangUpAfterMs: 100 }));
    }
    checkLabels(registerScenario("p1", "1001", "s3cret", 60));
  });

  it("take credentials only where a password is given", () => {
    expect(callerScenario(caller)).not.toContain("[authentication");
    expect(callerScenario({ ...caller, password: "s3cret" })).toContain(
      "[authentication username=1001 password=s3cret]",
    );
  });

  it("ACK of a rejection and CANCEL carry the branch of their INVITE", () => {
    const xml = callerScenario(caller);
    for (const method of ["INVITE", "ACK", "CANCEL"])
      expect(xml).toMatch(
        new RegExp(`${method} sip:1002@\\S+ SIP/2.0\\nVia: \\S+ \\S+branch=z9hG4bK-r1-\\[call_number\\]-1;`),
      );
  });

  it("let SIPp write IPv6 addresses", () => {
    const xml = callerScenario({ ...caller, fromDomain: sixWords.service });
    expect(xml).toContain("From: <sip:1001@[remote_ip]>;tag=");
    expect(() => callerScenario({ ...caller, fromDomain: "[2001:db8::1]" })).toThrow(/can not be used/);
  });

  it("refuse what SIPp would take for a keyword or a line end", () => {
    for (const to of ["[pid]", "1 2", "1\r\nX: y", "", "<x>"])
      expect(() => callerScenario({ ...caller, to })).toThrow(/can not be used/);
    expect(() => registerScenario("p1", "1001", "a b", 60)).toThrow();
  });
});
