import { expect, it } from "vitest";
import { BrokenCarriers, carriersToAsk } from "./broken.ts";
import { carrierSchema } from "./carrier-schema.ts";
import { farmSchema } from "./farm-schema.ts";

it("believes what the agent told until it is old", () => {
  let now = 0;
  const broken = new BrokenCarriers(() => now);
  expect(broken.has("gold")).toBe(false);
  broken.told(["gold"]);
  expect([broken.has("gold"), broken.has("iron")]).toEqual([true, false]);
  now = 10_000;
  expect(broken.has("gold")).toBe(false);
});

it("believes who is silent as long", () => {
  let now = 0;
  const broken = new BrokenCarriers(() => now);
  broken.told([], ["192.0.2.1:5060"]);
  expect([broken.isSilent("192.0.2.1", 5060), broken.isSilent("192.0.2.1", 5070)]).toEqual([true, false]);
  now = 10_000;
  expect(broken.isSilent("192.0.2.1", 5060)).toBe(false);
});

it("has those asked by OPTIONS whose place is known, by UDP; names at all places that DNS has", () => {
  const carrier = (name: string, address: object, more: object = {}) =>
    carrierSchema.parse({ name, addresses: [address], ...more });
  const carriers = [
    carrier("number", { host: "192.0.2.1" }),
    carrier("port", { host: "sip.example", port: 5070 }, { probe_s: 5 }),
    carrier("name", { host: "sip.example" }),
    carrier("tcp", { host: "192.0.2.1", transport: "tcp" }),
    carrier("never", { host: "192.0.2.1" }, { probe_s: 0 }),
    carrier("six", { host: "2001:db8::7" }),
    carrier("off", { host: "192.0.2.1" }, { enabled: false }),
  ];
  const farms = [
    farmSchema.parse({
      name: "gw",
      targets: [{ host: "192.0.2.5" }, { host: "pbx.example" }, { host: "2001:db8::5", port: 5070 }],
    }),
  ];
  const listed = { parts: { carriers: { values: () => carriers }, farms: { values: () => farms } } };
  expect(carriersToAsk(listed, () => undefined)).toEqual([
    { name: "number", addresses: [{ host: "192.0.2.1", port: 5060 }], every_s: 30 },
    { name: "six", addresses: [{ host: "2001:db8::7", port: 5060 }], every_s: 30 },
    { name: "gw@192.0.2.5", addresses: [{ host: "192.0.2.5", port: 5060 }], every_s: 30 },
    { name: "gw@[2001:db8::5]:5070", addresses: [{ host: "2001:db8::5", port: 5070 }], every_s: 30 },
  ]);
  const place = (address: string, transport: "udp" | "tcp") =>
    ({ address, port: 5080, transport, priority: 1, weight: 1 }) as const;
  const places = [place("192.0.2.7", "udp"), place("192.0.2.8", "udp"), place("192.0.2.9", "tcp")];
  const named = carriersToAsk(listed, ({ host }) => (host === "sip.example" ? places : undefined));
  const addresses = [
    { host: "192.0.2.7", port: 5080 },
    { host: "192.0.2.8", port: 5080 },
  ];
  expect(named.map(({ name }) => name)).toEqual([
    ...["number", "port", "name", "six", "gw@192.0.2.5", "gw@[2001:db8::5]:5070"],
  ]);
  expect(named[2]).toEqual({ name: "name", addresses, every_s: 30 });
});
