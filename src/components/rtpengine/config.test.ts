import { describe, expect, test } from "vitest";
import { hostOf, secret, smallCluster } from "../../../test/support/host.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { clusterSchema } from "../../cluster/schema.ts";
import { redisPassword } from "../../cluster/secrets.ts";
import { redisConfig } from "../redis/index.ts";
import { rtpengine, rtpengineConfig } from "./index.ts";

const context = (self: string): HostContext => {
  const cluster = clusterSchema.parse({
    ...smallCluster,
    media: { timeout_s: 30 },
  });
  return hostOf(cluster, self, `/data/${self}`, { redis: `redis-${secret}` });
};
const value = (text: string, key: string) => new RegExp(`^${key} = (.*)$`, "m").exec(text)?.[1];

describe("the media relay's configuration", () => {
  test("each node writes its own database and follows the other's", () => {
    const [a, b] = ["a", "b"].map((name) => rtpengineConfig(context(name)));
    const password = `redis-${secret}`;
    expect(value(a ?? "", "redis-write")).toBe(`${password}@127.0.0.1:6379/1`);
    expect(value(a ?? "", "redis")).toBe(`${password}@192.0.2.12:6379/2`);
    expect(value(a ?? "", "subscribe-keyspace")).toBe("2");
    expect(value(b ?? "", "redis-write")).toBe(`${password}@127.0.0.1:6379/2`);
    expect(value(b ?? "", "redis")).toBe(`${password}@192.0.2.11:6379/1`);
  });

  test("audio is on the service address, control on loopback only", () => {
    const text = rtpengineConfig(context("a"));
    expect(value(text, "interface")).toBe("192.0.2.100");
    expect(value(text, "listen-ng")).toMatch(/^127\.0\.0\.1:/);
    expect(value(text, "listen-cli")).toMatch(/^127\.0\.0\.1:/);
    expect(value(text, "timeout")).toBe("30");
  });

  test("with IPv6 there is an address of each family", () => {
    const both = context("a");
    both.cluster.service.address6 = "2001:db8::100/64";
    expect(value(rtpengineConfig(both), "interface")).toBe("192.0.2.100;2001:db8::100");
  });

  test("sessions in redis live longer than the longest call", () => {
    const text = rtpengineConfig(context("a"));
    expect(Number(value(text, "redis-expires"))).toBeGreaterThan(12 * 3600);
  });

  test("no secret on a command line, and files with one are for their user alone", () => {
    expect(rtpengine.command(context("a")).argv.join(" ")).not.toContain(secret);
    for (const file of rtpengine.files(context("a"))) expect(file).toMatchObject({ mode: 0o600 });
  });

  test("redis keeps nothing on disk and wants a password, also in a cluster that was made before it", () => {
    expect(redisConfig(context("b"))).toMatch(/^bind 192\.0\.2\.12 127\.0\.0\.1$/m);
    expect(redisConfig(context("b"))).toMatch(/^save ""$/m);
    const { redis: _, ...older } = context("a").secrets;
    expect(redisPassword(older)).toMatch(/^[\w-]{40,}$/);
  });
});
