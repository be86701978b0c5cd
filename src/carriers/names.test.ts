import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { carrierAddressSchema, carrierSchema } from "./carrier-schema.ts";
import { LiveNames } from "./live-names.ts";
import { type Lookups, type NamedPlace, placesOf, viaOf, waysTo } from "./names.ts";
import { carrierTargets } from "./targets.ts";

/** A name server: `TYPE NAME` → what it has. */
function server(records: Record<string, unknown[]>, asked: string[] = []): Lookups {
  const ask = <T>(type: string) => {
    return (name: string): Promise<T[]> => {
      asked.push(`${type} ${name}`);
      return Promise.resolve((records[`${type} ${name}`] ?? []) as T[]);
    };
  };
  return { naptr: ask("NAPTR"), srv: ask("SRV"), a: ask("A"), aaaa: ask("AAAA") };
}
const srv = (name: string, priority: number, weight: number, port = 5060) => ({
  name,
  priority,
  weight,
  port,
});
const naptr = (order: number, preference: number, service: string, replacement: string, flags = "s") => ({
  ...{ order, preference, service, replacement, flags },
});
const address = (more: object = {}) => carrierAddressSchema.parse({ host: "c.example", ...more });
const text = (places: readonly NamedPlace[]) =>
  places.map(
    (place) => `${place.transport} ${place.address}:${place.port} ${place.priority}/${place.weight}`,
  );

describe("where a name leads (RFC 3263)", () => {
  const records = {
    "A c.example": ["192.0.2.9"],
    "A one.c.example": ["192.0.2.2", "192.0.2.1"],
    "A two.c.example": ["192.0.2.3"],
    "SRV _sip._udp.c.example": [
      srv("two.c.example", 20, 0, 5070),
      srv("one.c.example", 10, 5),
      srv("", 5, 0),
    ],
    "SRV _sip._tcp.c.example": [srv("two.c.example", 10, 5)],
  };

  it("is by SRV of the transport that is set, and without one by its address", async () => {
    const one = ["udp 192.0.2.1:5060 10/5", "udp 192.0.2.2:5060 10/5", "udp 192.0.2.3:5070 20/0"];
    expect(text(await placesOf(address(), server(records)))).toEqual(one);
    expect(text(await placesOf(address({ transport: "tcp" }), server(records)))).toEqual([
      "tcp 192.0.2.3:5060 10/5",
    ]);
    expect(text(await placesOf(address({ host: "one.c.example" }), server(records)))).toEqual([
      "udp 192.0.2.1:5060 0/1",
      "udp 192.0.2.2:5060 0/1",
    ]);
    expect(await placesOf(address({ host: "x.example" }), server(records))).toEqual([]);
    const six = server({ "AAAA x.example": ["2001:db8::7"] });
    const [found] = await placesOf(address({ host: "x.example" }), six);
    expect(found && viaOf({ address: address(), place: found })).toBe("sip:[2001:db8::7]:5060");
  });

  it("is its address alone where the port is set", async () => {
    const asked: string[] = [];
    expect(text(await placesOf(address({ port: 5080 }), server(records, asked)))).toEqual([
      "udp 192.0.2.9:5080 0/1",
    ]);
    expect(asked).toEqual(["A c.example"]);
  });

  it("is by NAPTR where that is wished: the first service that we speak", async () => {
    const wished = address({ transport: "naptr" });
    const ofNaptr = {
      ...records,
      "NAPTR c.example": [
        naptr(20, 1, "SIP+D2U", "_sip._udp.c.example"),
        naptr(10, 2, "sip+d2t", "_sip._tcp.c.example", "S"),
        naptr(5, 1, "SIPS+D2T", "_sips._tcp.c.example"),
      ],
    };
    expect(text(await placesOf(wished, server(ofNaptr)))).toEqual(["tcp 192.0.2.3:5060 10/5"]);
    const direct = { ...records, "NAPTR c.example": [naptr(1, 1, "SIP+D2U", "two.c.example", "a")] };
    expect(text(await placesOf(wished, server(direct)))).toEqual(["udp 192.0.2.3:5060 0/1"]);
    expect((await placesOf(wished, server(records))).length).toBe(3);
    const onlyTcp = { ...records, "SRV _sip._udp.c.example": [] };
    expect(text(await placesOf(wished, server(onlyTcp)))).toEqual(["tcp 192.0.2.3:5060 10/5"]);
  });
});

const place = (host: string, priority = 1, weight = 1): NamedPlace => ({
  ...{ address: host, port: 5060, transport: "udp", priority, weight },
});

describe("the ways to a carrier", () => {
  const places = [place("192.0.2.1"), place("192.0.2.2", 1, 3), place("192.0.2.3", 2)];
  const reach = (...silent: string[]) => ({
    placesOf: ({ host }: { host: string }) => (host === "c.example" ? places : undefined),
    isSilent: (host: string) => silent.includes(host),
  });
  const ways = (key: string, ...silent: string[]) =>
    waysTo([address(), address({ host: "198.51.100.1" })], key, reach(...silent)).map(
      (way) => way.place?.address ?? way.address.host,
    );

  it("are a name's places by priority, drawn by weight, the same for the same number", () => {
    const drawn = Array.from({ length: 400 }, (_, number) => ways(String(number)));
    expect(ways("7")).toEqual(ways("7"));
    for (const one of drawn) expect(one.slice(2)).toEqual(["192.0.2.3", "198.51.100.1"]);
    const first = drawn.filter(([one]) => one === "192.0.2.2").length;
    expect(first).toBeGreaterThan(260);
    expect(first).toBeLessThan(340);
  });

  it("end with those that are silent", () => {
    expect(ways("7", "192.0.2.1", "192.0.2.2")).toEqual([
      "192.0.2.3",
      "198.51.100.1",
      ...ways("7").slice(0, 2),
    ]);
  });

  it("say the name to the carrier, and the place to Kamailio; a name of which nothing is known goes as it is", () => {
    const carrier = carrierSchema.parse({
      name: "c",
      addresses: [{ host: "c.example" }, { host: "d.example", transport: "tcp" }],
      number: "00{digits}",
    });
    const target = { carrier: "c" };
    const found = carrierTargets(carrier, target, "49", undefined, "7", reach("192.0.2.1", "192.0.2.2"));
    expect(found.map(({ uri, via }) => [uri, via]).slice(0, 2)).toEqual([
      ["sip:0049@c.example", "sip:192.0.2.3:5060"],
      ["sip:0049@d.example;transport=tcp", undefined],
    ]);
  });
});

describe("names that are looked up beside the calls", () => {
  it("follow DNS, keep what they had while it says nothing, and tell that once", async () => {
    const records: Record<string, unknown[]> = { "A c.example": ["192.0.2.1"] };
    const told: string[] = [];
    const names = new LiveNames(server(records), (host, problem) => told.push(`${host} ${problem}`));
    const one = address();
    const known = () => names.placesOf(one)?.map((found) => found.address);
    expect(known()).toBeUndefined();
    await names.look([one, address({ host: "192.0.2.7" })], false);
    expect([known(), names.problems()]).toEqual([["192.0.2.1"], []]);
    records["A c.example"] = ["192.0.2.2"];
    await names.look([one], true);
    expect(known()).toEqual(["192.0.2.1"]);
    await names.look([one], false);
    expect(known()).toEqual(["192.0.2.2"]);
    records["A c.example"] = [];
    await names.look([one], false);
    await names.look([one], false);
    expect(known()).toEqual(["192.0.2.2"]);
    expect(told).toEqual(["c.example has no address there"]);
    expect(names.problems()).toEqual(["DNS: c.example: has no address there; its last addresses are called"]);
    await names.look([], false);
    expect([known(), names.problems()]).toEqual([undefined, []]);
  });

  it("are looked up as soon as there are any, until the end", async () => {
    const names = new LiveNames(server({ "A c.example": ["192.0.2.1"] }), () => undefined);
    const ending = new AbortController();
    const aborted = (signal: AbortSignal) => once(signal, "abort").then(() => undefined);
    const running = names.run(() => [address()], aborted, ending.signal);
    await expect.poll(() => names.placesOf(address())?.length).toBe(1);
    ending.abort();
    await running;
  });
});
