import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patient } from "../src/base/patience.ts";
import { scenarios } from "./sip/scenarios/index.ts";

/**
 * A real Kamailio with the generated configuration in a network namespace of its own, with telephones and apps that
 * are not real. The scenarios stand in test/sip/scenarios. They wait most of the time, so two processes, each in a namespace,
 * run every second one of them, one after the other, each with a fresh Kamailio.
 */
const shares = 2;
/** Of this process alone: another test run may be going on beside it. */
const namespaces = Array.from({ length: shares }, (_, share) => `dt-sip-${process.pid}-${share}`);
const addresses = ["100", "101", "11", "12", "13", "14", "50", "51", "52", "53", "54"];

interface Result {
  name: string;
  ms: number;
  error?: string;
  log?: string;
}
const results = new Map<string, Result>();
/** The scenarios that began last, by share. */
const last = new Map<number, string>();

async function runShare(namespace: string, share: number): Promise<void> {
  await execa("ip", ["netns", "add", namespace]);
  await execa("ip", ["-n", namespace, "link", "set", "lo", "up"]);
  for (const address of addresses)
    await execa("ip", ["-n", namespace, "address", "add", `198.18.77.${address}/32`, "dev", "lo"]);
  const run = fileURLToPath(new URL("./sip/run.ts", import.meta.url));
  const which = ["--share", `${share}/${shares}`];
  const child = spawn("ip", ["netns", "exec", namespace, process.execPath, run, ...which], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: patient(290_000),
    killSignal: "SIGKILL",
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const result = JSON.parse(line) as Result | { begun: string };
    if ("begun" in result) last.set(share, result.begun);
    else results.set(result.name, result);
  }
}

beforeAll(async () => {
  await Promise.all(namespaces.map(runShare));
});

afterAll(async () => {
  for (const namespace of namespaces) {
    const { stdout } = await execa("ip", ["netns", "pids", namespace], { reject: false });
    for (const pid of stdout.split("\n").filter((line) => line !== "")) process.kill(Number(pid), "SIGKILL");
    await execa("ip", ["netns", "delete", namespace], { reject: false });
  }
});

test.each(Object.keys(scenarios))("%s", (name) => {
  const result = results.get(name);
  expect(
    result,
    `the scenario did not run to its end; the last ones that began: ${[...last.values()].join(", ")}`,
  ).toBeDefined();
  // The error before the log: whoever sees only the first lines must know what failed.
  expect(result?.error, `${result?.error}\n${result?.log}`).toBeUndefined();
});
