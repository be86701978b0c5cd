import { expect, test } from "vitest";
import { smallCluster } from "../../test/support/host.ts";
import { clusterSchema } from "./schema.ts";

const faults = (more: Record<string, unknown>): string[] => {
  const parsed = clusterSchema.safeParse({
    ...smallCluster,
    ...more,
  });
  return parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
};

test("IPv6 addresses are refused with a reason", () => {
  for (const [more, path] of [
    [{ service: { address: "2001:db8::100/64" } }, "service.address"],
    [{ upstream: ["fe80::1"] }, "upstream.0"],
  ] as const) {
    const [fault = ""] = faults(more);
    expect(fault).toMatch(
      new RegExp(`^${path.replace(".", "[.]")}: must be an IPv4 .*: IPv6 is not supported`),
    );
  }
  expect(faults({ upstream: ["x"] })).toEqual(["upstream.0: must be an IPv4 address such as 192.0.2.10"]);
});

test("names of the service: domain names, no addresses, no URIs", () => {
  expect(faults({ sip: { names: ["sip.example.org", "pbx", "SIP.Example.ORG"] } })).toEqual([]);
  for (const name of ["192.0.2.1", "sip:a.example", "a.example:5060", "a.example.", "a b", ""])
    expect(faults({ sip: { names: [name] } }), name).not.toEqual([]);
});
