import { expect, test } from "vitest";
import { configDigest } from "../cluster/facts.ts";
import { renderClusterYaml } from "../cluster/init.ts";
import type { Secrets } from "../cluster/secrets.ts";
import { generatedDiff, type HostConfiguration, secretDigests, withoutSecrets } from "./configuration.ts";
import { driftBetween, driftOf, lineOf, ownDrift } from "./drift.ts";
import { parseCluster } from "./yaml.ts";

const yaml = renderClusterYaml({
  cluster: "x",
  serviceAddress: "192.0.2.100/24",
  upstream: ["192.0.2.1"],
  hosts: [
    { name: "a", role: "node", address: "192.0.2.11", interface: "eno1" },
    { name: "b", role: "node", address: "192.0.2.12", interface: "eno1" },
    { name: "w", role: "witness", address: "192.0.2.13", interface: "eno1" },
  ],
});
const secrets = {
  api_token: "api-token-of-16-letters",
  peer_token: "peer-token-of-16-letters",
  nonce_secret: "nonce-secret-of-16-letters",
} as Secrets;

const host = (name: string, text = yaml, more: Partial<HostConfiguration> = {}): HostConfiguration => ({
  host: name,
  release: "1+aa",
  checkout: "/opt/dialtone",
  generated: [],
  files: { "src/main.ts": "1" },
  config: configDigest(parseCluster(text, "cluster.yaml")),
  cluster: { file: "/etc/dialtone/cluster.yaml", text, disk: text },
  secrets: secretDigests(secrets),
  ...more,
});

test("nothing differs", () => {
  expect(driftOf([host("a"), host("b"), host("w")])).toEqual([]);
});

test("a setting of two hosts is named with line, both values, and the diff", () => {
  const line = yaml.split("\n").findIndex((text) => text.includes("advert_ms: 10")) + 1;
  const [found, ...more] = driftBetween(host("a"), host("b", yaml.replace("advert_ms: 10", "advert_ms: 50")));
  expect(more).toEqual([]);
  expect(found).toMatchObject({
    code: "config-differs",
    hosts: ["a", "b"],
    text: `cluster.yaml line ${line}: vrrp.advert_ms 10 on a, 50 on b`,
  });
  expect(found?.diff).toMatch(/-\s+advert_ms: 10\n\+\s+advert_ms: 50/);
});

test("a setting that only one host has stands against the other's default", () => {
  const other = yaml.replace("  path: relay", "  path: relay\n  timeout_s: 30");
  const [found] = driftBetween(host("a"), host("b", other));
  expect(found?.text).toBe(
    `cluster.yaml line ${lineOf(other, "media.timeout_s")}: media.timeout_s 60 (default) on a, 30 on b`,
  );
});

test("a file that was edited but not applied is named; comments are not", () => {
  const edit = (disk: string) => host("a", yaml, { cluster: { file: "c.yaml", text: yaml, disk } });
  expect(ownDrift(edit(yaml.replace("keep_days: 90", "keep_days: 9")))[0]?.text).toMatch(
    /^a: cluster\.yaml line \d+: recording\.keep_days 90 in force, 9 on disk: changed since the agent read it/,
  );
  expect(ownDrift(edit(`${yaml}# mine\n`))).toEqual([]);
  expect(ownDrift(host("a", yaml, { cluster: { file: "c.yaml", text: yaml, disk: null } }))[0]?.text).toMatch(
    /gone/,
  );
});

test("a file on disk that can not be read as cluster.yaml is no crash", () => {
  const broken = host("a", yaml, { cluster: { file: "c.yaml", text: yaml, disk: "cluster: [\n" } });
  expect(ownDrift(broken).length).toBeGreaterThan(0);
});

test("secrets that differ are named, never shown", () => {
  const other = host("b", yaml, {
    secrets: secretDigests({ ...secrets, nonce_secret: "another-secret-of-b" }),
  });
  const [found] = driftBetween(host("a"), other);
  expect(found?.text).toMatch(/nonce_secret differ between a and b/);
  expect(JSON.stringify(found)).not.toContain("another-secret-of-b");
});

test("releases differ by file", () => {
  const other = host("b", yaml, { release: "1+bb", files: { "src/main.ts": "2", "sip/auth.cfg": "1" } });
  expect(driftBetween(host("a"), other)[0]).toMatchObject({
    code: "release-differs",
    text: expect.stringContaining("sip/auth.cfg, src/main.ts differ"),
  });
});

test("what was changed by hand in a generated file is shown without its secrets", () => {
  const generated = `one\npassword ${secrets.nonce_secret}\nthree\nfour\n`;
  expect(withoutSecrets(generated, secrets)).toBe("one\npassword ‹secret›\nthree\nfour\n");
  expect(generatedDiff(generated, generated.replace("four", "4"), secrets)).toEqual({
    line: 4,
    diff: "@@ -4 +4 @@\n-four\n+4",
  });
  const guessed = generatedDiff(
    generated,
    generated.replace(secrets.nonce_secret, "hunter2-hunter2"),
    secrets,
  );
  expect(guessed.line).toBe(2);
  expect(guessed.diff).not.toContain("hunter2");
});
