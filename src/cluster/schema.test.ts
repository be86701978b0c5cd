import { expect, test } from "vitest";
import { smallCluster } from "../../test/support/host.ts";
import { allHosts, freeswitchHosts, hostNamed } from "./facts.ts";
import { clusterSchema } from "./schema.ts";

const faults = (more: Record<string, unknown>): string[] => {
  const parsed = clusterSchema.safeParse({
    ...smallCluster,
    ...more,
  });
  return parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];
};

test("IPv6: as the service's second address and as upstream; elsewhere refused with a reason", () => {
  const [fault = ""] = faults({ service: { address: "2001:db8::100/64" } });
  expect(fault).toMatch(/^service[.]address: must be an IPv4 .*: IPv6 is for service[.]address6, and/);
  const upstream = "must be an IP address such as 192.0.2.10 or 2001:db8::1";
  expect(faults({ upstream: ["x"] })).toEqual([`upstream.0: ${upstream}`]);
  expect(faults({ upstream: ["fe80::1"] })).toEqual([`upstream.0: ${upstream}`]);
  expect(faults({ upstream: ["2001:db8::1"] })).toEqual([]);
  const service = (address6: string) => ({ service: { ...smallCluster.service, address6 } });
  const parsed = clusterSchema.parse({ ...smallCluster, ...service("2001:0DB8:0:0::0:100/64") });
  expect(parsed.service.address6).toBe("2001:db8::100/64");
  for (const wrong of [
    "2001:db8::100",
    "2001:db8::100/129",
    "fe80::1/64",
    "ff02::1/64",
    "192.0.2.1/24",
    "::1/128",
  ])
    expect(faults(service(wrong)), wrong).toHaveLength(1);
  expect(faults({ ...service("2001:db8::100/64"), policy: "hot-hot" })).toEqual([
    expect.stringMatching(/^service[.]address6: is for calls that come in at the service address alone/),
  ]);
});

test("IPv6 of edges: beside that of the service, which has the audio; each address once", () => {
  const edge = { role: "edge", address: "192.0.2.14", address6: "2001:DB8:0::14" };
  const service = { ...smallCluster.service, address6: "2001:db8::100/64" };
  const of = (more: object) => ({ service, hosts: { ...smallCluster.hosts, e: edge, ...more } });
  expect(faults(of({}))).toEqual([]);
  expect(clusterSchema.parse({ ...smallCluster, ...of({}) }).hosts.e?.address6).toBe("2001:db8::14");
  expect(faults({ ...of({}), service: smallCluster.service })).toEqual([
    expect.stringMatching(/^hosts[.]e[.]address6: needs service[.]address6 too/),
  ]);
  expect(faults(of({ a: { ...smallCluster.hosts.a, address6: "2001:db8::11" } }))).toEqual([
    expect.stringMatching(/^hosts[.]a[.]address6: is for hosts with role: edge/),
  ]);
  expect(faults(of({ f: { ...edge, address: "192.0.2.15" } }))).toEqual([
    "hosts.f.address6: is the address of e too",
  ]);
  expect(faults(of({ e: { ...edge, address6: "2001:db8::100" } }))).toEqual([
    expect.stringMatching(/^service[.]address6: is the own address of e/),
  ]);
});

test("names of the service: domain names, no addresses, no URIs", () => {
  expect(faults({ sip: { names: ["sip.example.org", "pbx", "SIP.Example.ORG"] } })).toEqual([]);
  for (const name of ["192.0.2.1", "sip:a.example", "a.example:5060", "a.example.", "a b", ""])
    expect(faults({ sip: { names: [name] } }), name).not.toEqual([]);
});

test("FreeSWITCH hosts: no vote, no agent; a SIP port is theirs alone", () => {
  const hosts = (more: object) => ({ hosts: { ...smallCluster.hosts, ...more } });
  const fs1 = { role: "freeswitch", address: "192.0.2.21" };
  expect(faults(hosts({ fs1, fs2: { ...fs1, address: "192.0.2.22", sip_port: 5080 } }))).toEqual([]);
  const cluster = clusterSchema.parse({ ...smallCluster, ...hosts({ fs1 }) });
  expect(allHosts(cluster).map(({ name }) => name)).toEqual(["a", "b", "w"]);
  expect(freeswitchHosts(cluster)).toEqual([{ name: "fs1", address: "192.0.2.21", sipPort: 5060 }]);
  expect(() => hostNamed(cluster, "fs1")).toThrow("fs1 is a FreeSWITCH host: no agent runs there");
  expect(faults(hosts({ w: { ...smallCluster.hosts.w, sip_port: 5080 } }))).toEqual([
    expect.stringMatching(/^hosts[.]w[.]sip_port: is for hosts with role: freeswitch/),
  ]);
  expect(faults(hosts({ fs1: { ...fs1, address: "192.0.2.11" } }))).toEqual([
    expect.stringMatching(/is the address of a too/),
  ]);
});
