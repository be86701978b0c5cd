import { describe, expect, it } from "vitest";
import { type AtCarrier, attempts, parametersOf, type Wanted } from "./registering.ts";

const own = { four: "192.0.2.1:5060", six: "[2001:db8::1]:5060" };

const wanted = (name: string, more: Partial<Wanted> = {}): Wanted => ({
  name,
  contact: name,
  user: "acme",
  password: "secret",
  realm: "",
  registrar: "itsp.example",
  via: "",
  expires_s: 600,
  ...more,
});

const known = (name: string, more: Partial<AtCarrier> = {}): AtCarrier => ({
  carrier: name,
  contact: name,
  parameters: parametersOf(wanted(name), own),
  registered: true,
  left_s: 500,
  ...more,
});

const plan = (want: Wanted[], has: AtCarrier[]) =>
  attempts(want, has, own).map(([method, ...rest]) => [method, rest.at(method === "uac.reg_enable" ? 1 : 0)]);

describe("registrations at carriers", () => {
  it("are added, removed, and replaced when anything of them is different", () => {
    expect(plan([wanted("one")], [])).toEqual([["uac.reg_add", "one"]]);
    expect(plan([], [known("one")])).toEqual([["uac.reg_remove", "one"]]);
    expect(plan([wanted("one", { password: "new" })], [known("one")])).toEqual([
      ["uac.reg_remove", "one"],
      ["uac.reg_add", "one"],
    ]);
    expect(plan([wanted("one")], [known("one")])).toEqual([]);
  });

  it("go from the address, and name the one, of the registrar's family", () => {
    const of = (more: Partial<Wanted>) => parametersOf(wanted("one", more), own).slice(-2);
    const six = ["udp:[2001:db8::1]:5060", "[2001:db8::1]:5060"];
    expect(of({ registrar: "[2001:db8::7]:5070" })).toEqual(six);
    expect(of({ via: "sip:[2001:db8::7];transport=tcp" })).toEqual(six);
    expect(of({ registrar: "[2001:db8::7]", via: "sip:192.0.2.7" })).toEqual([
      "udp:192.0.2.1:5060",
      "192.0.2.1:5060",
    ]);
  });

  it("are renewed at half their time; those that failed are Kamailio's business", () => {
    expect(plan([wanted("one")], [known("one", { left_s: 299 })])).toEqual([["uac.reg_enable", "one"]]);
    expect(plan([wanted("one")], [known("one", { left_s: -5, registered: false })])).toEqual([]);
  });
});
