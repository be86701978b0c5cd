import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type InitOptions, renderClusterYaml } from "./init.ts";
import { ConfigError, parseYaml } from "./load.ts";
import { clusterSchema } from "./schema.ts";

const example: InitOptions = {
  cluster: "dialtone",
  serviceAddress: "192.0.2.100/24",
  hosts: [
    { name: "a", role: "node", address: "192.0.2.11", interface: "eno1" },
    { name: "b", role: "node", address: "192.0.2.12", interface: "eno1" },
    { name: "w", role: "witness", address: "192.0.2.13", interface: "eno1" },
  ],
  upstream: ["192.0.2.1"],
};

const problemsOf = (text: string): string[] => {
  try {
    parseYaml(text, "cluster.yaml", clusterSchema);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

test("cluster.example.yaml is what init writes", () => {
  const file = new URL("../../cluster.example.yaml", import.meta.url);
  expect(readFileSync(file, "utf8")).toBe(renderClusterYaml(example));
});

describe("a bad cluster.yaml is refused with line and field", () => {
  const good = renderClusterYaml(example);
  test.each([
    ["unknown key", "  id: 73", "  idd: 73", /:\d+: vrrp\.idd: unknown key/],
    ["bad address", "192.0.2.100/24", "192.0.2.300/24", /:\d+: service\.address: must be an IPv4 address/],
    [
      "two hosts with one address",
      "192.0.2.12",
      "192.0.2.11",
      /:\d+: hosts\.b\.address: is the address of a too/,
    ],
    [
      "service on a host's own address",
      "192.0.2.100/24",
      "192.0.2.11/24",
      /service\.address: is the own address of a/,
    ],
    ["no YAML", "stance: availability", "stance: [", /^cluster\.yaml:\d+: /],
    [
      "an interval that keepalived can not count",
      "advert_ms: 10",
      "advert_ms: 15",
      /vrrp\.advert_ms: .*multiple of 10/,
    ],
    ["no majority possible", "  w: {", "  # w: {", /hosts: needs an odd number of votes/],
  ])("%s", (_name, from, to, problem) => {
    expect(problemsOf(good)).toEqual([]);
    expect(problemsOf(good.replace(from, to)).join("\n")).toMatch(problem);
  });

  test("two databases that follow each other need no witness, and nobody's majority", () => {
    const two = good.replace("replication: synchronous", "replication: asynchronous");
    expect(problemsOf(two)).toEqual([]);
    expect(problemsOf(two.replace("  w: {", "  # w: {"))).toEqual([]);
    expect(problemsOf(two.replace("  w: { role: witness", "  w: { role: node")).join()).toMatch(
      /database\.replication: .*between two nodes, and there are 3/,
    );
    expect(problemsOf(two.replace("stance: availability", "stance: consistency")).join()).toMatch(
      /stance: consistency needs a majority/,
    );
    const fencing = "fencing: { devices: { a: [{ agent: fence_ipmilan }] } }\n";
    expect(problemsOf(fencing + two).join()).toMatch(/fencing: needs a majority/);
  });
});
