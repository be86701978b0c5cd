import { createSocket } from "node:dgram";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { patient } from "../../base/patience.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { FreeswitchWatch, type Heard, heardOf } from "./freeswitch-watch.ts";

test("silence is believed the third time, an answer at once", () => {
  let heard: Heard | undefined;
  const seen = [true, false, false, true, false, false, false, false, true].map((answered, now) => {
    heard = heardOf(heard, answered, now);
    return `${heard.answers ? "there" : "silent"} since ${heard.since}`;
  });
  expect(seen).toEqual([
    ...Array(6).fill("there since 0"),
    "silent since 6",
    "silent since 6",
    "there since 8",
  ]);
});

test("a host that was never heard counts as there until it was silent three times", () => {
  const first = heardOf(undefined, false, 10);
  expect(first.answers).toBe(true);
  expect(heardOf(heardOf(first, false, 11), false, 12)).toEqual({ answers: false, since: 12, misses: 3 });
});

test("asks by OPTIONS while this host has the address, and says who is silent", async () => {
  const server = createSocket("udp4");
  let open = true;
  server.on("message", (data, { address, port }) => {
    if (open) server.send(data.toString().replace(/^OPTIONS .*/, "SIP/2.0 200 OK"), port, address);
  });
  server.bind(0, "127.0.0.1");
  await once(server, "listening");
  const told: string[] = [];
  const cluster = {
    service: { address: "127.0.0.1/8" },
    hosts: { fs1: { role: "freeswitch", address: "127.0.0.1", sip_port: server.address().port } },
  };
  const context = { cluster } as unknown as HostContext;
  const tell = (subject: string, text: string) => void told.push(`${subject} ${text}`);
  const watch = new FreeswitchWatch(context, tell, { everyMs: 50, patienceMs: 200 });
  const until = async (what: string, isSo: () => boolean) => {
    const deadline = performance.now() + patient(15_000);
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`not: ${what}`);
      watch.tick(true);
      await delay(20);
    }
  };
  try {
    watch.tick(false);
    expect(watch.report()).toBeUndefined();
    await until("it is heard", () => watch.report()?.[0]?.answers === true);
    open = false;
    await until("it is silent", () => watch.report()?.[0]?.answers === false);
    open = true;
    await until("it is heard again", () => watch.report()?.[0]?.answers === true);
    expect(told).toEqual([
      expect.stringMatching(/^fs1 does not answer OPTIONS at 127\.0\.0\.1:\d+$/),
      "fs1 answers again",
    ]);
    watch.tick(false);
    expect(watch.report()).toBeUndefined();
  } finally {
    server.close();
  }
});
