import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkLabName, machineLinkOf, macOf, outsideIn, overlaps, planAddresses, rangeOf } from "./names.ts";

describe("addresses of a lab", () => {
  test("the default plan", () => {
    const plan = planAddresses("198.18.77.0/24");
    expect(plan).toMatchObject({
      service: "198.18.77.100",
      a: "198.18.77.11",
      b: "198.18.77.12",
      w: "198.18.77.13",
      outside: "198.18.77.1",
      machine: "198.18.77.254",
      bits: 24,
    });
    expect(plan.aliases).toHaveLength(10);
    expect(plan.aliases.at(-1)).toBe("198.18.77.59");
  });
  test.each(["198.18.77.0/23", "198.18.77.5/24", "198.18.77.0", "lab", "1.2.3/24", "198.18.77.0/24/1"])(
    "%s is no whole /24",
    (subnet) => {
      expect(() => planAddresses(subnet)).toThrow(/whole \/24/);
    },
  );
  test.each(["8.8.8.0/24", "172.32.0.0/24", "198.20.0.0/24", "224.0.0.0/24"])(
    "%s belongs to somebody",
    (subnet) => {
      expect(() => planAddresses(subnet)).toThrow(/belongs to somebody/);
    },
  );
  test.each(["192.0.2.0/24", "198.19.255.0/24", "10.1.2.0/24", "172.31.0.0/24", "192.168.7.0/24"])(
    "%s is allowed",
    (subnet) => {
      expect(planAddresses(subnet).subnet).toBe(subnet);
    },
  );
});

test("ranges overlap as networks do", () => {
  const range = (cidr: string) => rangeOf(cidr) ?? { first: Number.NaN, last: Number.NaN };
  expect(overlaps(range("198.18.77.0/24"), range("198.18.0.0/15"))).toBe(true);
  expect(overlaps(range("198.18.77.0/24"), range("198.18.76.0/24"))).toBe(false);
  expect(overlaps(range("198.18.77.0/24"), range("198.18.77.255"))).toBe(true);
  expect(rangeOf("default")).toBeUndefined();
  expect(rangeOf("10.0.0.0/33")).toBeUndefined();
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (ip, bits) =>
      overlaps(range(`${ip}/${bits}`), range(ip)),
    ),
  );
});

test("names fit into Linux interface names, and no two hosts share a MAC", () => {
  expect(() => checkLabName("Lab")).toThrow(/can not be a lab's name/);
  expect(() => checkLabName("a-lab-too-long")).toThrow(/can not be a lab's name/);
  expect(machineLinkOf(checkLabName("twelve-chars")).length).toBeLessThanOrEqual(15);
  const macs = ["a", "b", "w", "outside"].flatMap((host) => [macOf("one", host), macOf("two", host)]);
  expect(new Set(macs).size).toBe(macs.length);
  expect(macOf("one", "a")).toBe(macOf("one", "a"));
  // Unicast and locally administered (IEEE 802): the second hex digit is 2.
  for (const mac of macs) expect(mac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
});

test("where telephones with IPv6 are in a lab", () => {
  expect(outsideIn(undefined)).toEqual([]);
  const all = outsideIn("fd00:77::100/64");
  expect(all).toHaveLength(11);
  expect(all.slice(0, 2)).toEqual(["fd00:77::1/64", "fd00:77::50/64"]);
  expect(outsideIn("2001:db8:1:2:3::100/64")[0]).toBe("2001:db8:1:2::1/64");
});
