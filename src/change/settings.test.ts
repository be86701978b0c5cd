import { expect, test } from "vitest";
import { renderClusterYaml } from "../cluster/init.ts";
import { refusedChanges, settingChanges } from "./settings.ts";
import { parseCluster } from "./yaml.ts";

const text = renderClusterYaml({
  cluster: "x",
  serviceAddress: "192.0.2.100/24",
  upstream: ["192.0.2.1"],
  hosts: [
    { name: "a", role: "node", address: "192.0.2.11", interface: "eno1" },
    { name: "b", role: "node", address: "192.0.2.12", interface: "eno1" },
    { name: "w", role: "witness", address: "192.0.2.13", interface: "eno1" },
  ],
});
const before = parseCluster(text, "cluster.yaml");
const changed = (from: string, to: string) =>
  settingChanges(before, parseCluster(text.replace(from, to), "cluster.yaml"));

test("changes are named by path and value, comments do not count", () => {
  expect(changed("advert_ms: 10", "advert_ms: 50")).toEqual([
    { path: "vrrp.advert_ms", from: "10", to: "50" },
  ]);
  expect(changed("upstream: [192.0.2.1]", "upstream: [192.0.2.1, 192.0.2.2]")).toEqual([
    { path: "upstream", from: '["192.0.2.1"]', to: '["192.0.2.1","192.0.2.2"]' },
  ]);
  expect(changed("# Numbers", "# numbers")).toEqual([]);
});

test.each([
  ["cluster: x", "cluster: y", /^cluster \("x" → "y"\): the database/],
  ["192.0.2.12", "192.0.2.14", /^hosts\.b\.address/],
  ["realm: x", "realm: y", /^sip\.realm .*passwords/],
  ["  id: 73", "  id: 74", /^vrrp\.id .*both hold/],
  ["profile: t1000", "profile: t500", /^galera\.profile .*same timing/],
  ["replication: sync", "replication: async", /^database\.replication .*a new cluster/],
  ["192.0.2.100", "192.0.2.101", /^service\.address/],
])("%s → %s is refused in a running cluster, with what to do", (from, to, words) => {
  const refused = refusedChanges(changed(from, to));
  expect(refused).toHaveLength(1);
  expect(refused[0]).toMatch(words);
});

test("what may change while calls go on is not refused", () => {
  for (const [from, to] of [
    ["advert_ms: 10", "advert_ms: 50"],
    ["keep_days: 90", "keep_days: 30"],
    ["path: relay", "path: nat"],
  ] as const)
    expect(refusedChanges(changed(from, to))).toEqual([]);
});
