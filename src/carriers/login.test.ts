import { describe, expect, it } from "vitest";
import { sealed } from "../base/seal.ts";
import { carrierSchema } from "./carrier-schema.ts";
import { loginOf } from "./carriers.ts";
import { registrations } from "./login.ts";

const carrier = (name: string, more: object = {}) =>
  carrierSchema.parse({
    name,
    addresses: [{ host: "sip.itsp.example", port: 5070 }],
    login: { user: "acme", sealed: sealed("root", loginOf(name, "acme"), "secret") },
    register: {},
    ...more,
  });

const of = (...all: ReturnType<typeof carrier>[]) =>
  registrations({ parts: { carriers: new Map(all.map((one) => [one.name, one])) } }, "root");

describe("where the holder registers", () => {
  it("is the carrier's first address, with its login", () => {
    expect(of(carrier("one"))).toEqual([
      {
        name: "one",
        contact: "one",
        user: "acme",
        password: "secret",
        realm: "",
        registrar: "sip.itsp.example:5070",
        via: "",
        expires_s: 600,
      },
    ]);
  });

  it("with a domain of its own, or TCP, goes by way of that address", () => {
    const addresses = [{ host: "192.0.2.1", transport: "tcp" }];
    expect(
      of(carrier("one", { addresses, register: { domain: "itsp.example", contact: "+493012345" } })),
    ).toMatchObject([
      { registrar: "itsp.example", via: "sip:192.0.2.1;transport=tcp", contact: "+493012345" },
    ]);
  });

  it("has brackets around IPv6 (RFC 3261 25.1)", () => {
    const addresses = [{ host: "2001:db8::7", port: 5070 }];
    expect(of(carrier("one", { addresses }))).toMatchObject([{ registrar: "[2001:db8::7]:5070" }]);
    const apart = carrier("one", {
      addresses: [{ host: "2001:db8::7" }],
      register: { domain: "itsp.example" },
    });
    expect(of(apart)).toMatchObject([{ registrar: "itsp.example", via: "sip:[2001:db8::7]" }]);
  });

  it("is the first place of a name that answers, with the name as registrar; else the next address", () => {
    const place = (address: string) =>
      ({ address, port: 5070, transport: "udp", priority: 1, weight: 1 }) as const;
    const found = (addresses: object[], silent: string[]) =>
      registrations({ parts: { carriers: new Map([["one", carrier("one", { addresses })]]) } }, "root", {
        placesOf: () => [place("192.0.2.1"), { ...place("192.0.2.2"), priority: 2 }],
        isSilent: (address) => silent.includes(address),
      }).map(({ registrar, via }) => [registrar, via]);
    const name = { host: "sip.itsp.example" };
    expect(found([name], [])).toEqual([["sip.itsp.example", "sip:192.0.2.1:5070"]]);
    expect(found([name], ["192.0.2.1"])).toEqual([["sip.itsp.example", "sip:192.0.2.2:5070"]]);
    expect(found([{ host: "192.0.2.1" }, { host: "192.0.2.2" }], ["192.0.2.1"])).toEqual([["192.0.2.2", ""]]);
  });

  it("is nowhere for carriers that are disabled or do not want it", () => {
    expect(of(carrier("one", { enabled: false }), carrier("two", { register: undefined }))).toEqual([]);
  });
});
