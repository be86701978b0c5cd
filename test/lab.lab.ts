import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, afterEach, expect, test } from "vitest";
import { isAlive } from "../src/host/process.ts";
import { partsOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { processesIn } from "../src/lab/processes.ts";
import { milestones } from "../src/lab/readiness.ts";
import { until, waitFor } from "../src/lab/wait.ts";

/** The lab itself: what it makes, breaks, repairs, and that nothing of it stays. Says nothing about calls. */

const lab = openLab("labtest");
const isolated = { isolated: true, detach: true, subnet: "198.18.81.0/24" };
const program = fileURLToPath(new URL("../bin/dialtone", import.meta.url));

/** Everything on this machine that a lab of this name could have left. */
async function traces(): Promise<string[]> {
  const namespaces = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const ours = namespaces.filter((name) => name.startsWith("dt-labtest-"));
  const { stdout } = await execa("ip", ["-br", "link"]);
  const links = stdout.split("\n").filter((line) => line.startsWith("dt-labtest"));
  const { stdout: processes } = await execa("ps", ["-eo", "pid=,args="]);
  const running = processes.split("\n").filter((line) => line.includes("/dialtone-lab/labtest/"));
  return [...ours, ...links, ...running];
}

const agentsAnswer = () =>
  waitFor(lab, (status) => milestones[0]?.missing(status) ?? [], { deadlineMs: 60_000 });

const ping = async (from: string, to: string): Promise<boolean> => {
  const address = (lab.state().hosts[to]?.addresses[0] ?? "").split("/")[0] ?? "";
  return (await lab.exec(from, ["ping", "-c1", "-W1", address])).code === 0;
};

afterEach(async () => {
  await lab.down({ graceMs: 0 });
});
afterAll(async () => {
  await lab.down({ graceMs: 0, wipe: true });
  rmSync(lab.paths.root, { recursive: true, force: true });
});

test("up, a second up is refused, down in order leaves the data and nothing else", async () => {
  await lab.up(isolated);
  await agentsAnswer();
  await expect(lab.up(isolated)).rejects.toThrow(/is running already/);
  expect(await lab.down()).toEqual({ wasUp: true, killed: [] });
  expect(await traces()).toEqual([]);
  expect(existsSync(lab.paths.cluster)).toBe(true);
  await expect(lab.up({ ...isolated, subnet: "198.18.82.0/24" })).rejects.toThrow(/has its data in/);
  await lab.down({ wipe: true });
  expect(existsSync(lab.paths.cluster)).toBe(false);
});

test("cables: cut between two, one way, from everyone, and healed", async () => {
  await lab.up(isolated);
  expect(await ping("outside", "a")).toBe(true);
  await lab.cut("a", "outside");
  expect(await ping("outside", "a")).toBe(false);
  expect(await ping("b", "a")).toBe(true);
  await lab.cut("b");
  expect(await ping("b", "w")).toBe(false);
  await lab.heal("b");
  expect(await ping("b", "w")).toBe(true);
  expect(await ping("outside", "a")).toBe(false);
  await lab.cut("a", "outside", { oneWay: true });
  expect(await ping("outside", "a")).toBe(false);
  expect((await lab.status()).cuts).toHaveLength(1);
  await lab.heal();
  expect(await ping("outside", "a")).toBe(true);
  await expect(lab.cut("a", "nobody")).rejects.toThrow(/no host 'nobody'/);
});

test("a power cut takes everything of the host, healing brings the same host back", async () => {
  await lab.up(isolated);
  await agentsAnswer();
  const before = await lab.exec("a", ["cat", "/sys/class/net/eth0/address"]);
  const namespace = lab.state().hosts.a?.namespace ?? "";
  const inside = processesIn(namespace);
  expect(inside.length).toBeGreaterThan(0);
  const told = performance.now();
  const moment = await lab.kill("a");
  expect(moment.within_ms).toBeLessThan(performance.now() - told);
  expect(inside.filter(isAlive)).toEqual([]);
  expect(existsSync(`/run/netns/${namespace}`)).toBe(false);
  await expect(lab.kill("a")).rejects.toThrow(/has no power/);
  await lab.heal("a");
  expect((await lab.exec("a", ["cat", "/sys/class/net/eth0/address"])).stdout).toBe(before.stdout);
  expect(await ping("outside", "a")).toBe(true);
  await agentsAnswer();
});

test("faults that come at the same time do not disturb each other", async () => {
  await lab.up(isolated);
  await Promise.all([lab.kill("a"), lab.kill("b"), lab.cut("w", "outside"), lab.cut("w", "a")]);
  const status = await lab.status();
  expect(status.hosts.filter((host) => !host.powered).map((host) => host.name)).toEqual(["a", "b"]);
  expect(status.cuts).toHaveLength(2);
  await lab.heal();
  await agentsAnswer();
});

test("a killed agent is started again, a paused one answers nothing until healed", async () => {
  await lab.up(isolated);
  await agentsAnswer();
  const data = lab.state().hosts.w?.data ?? "";
  const first = partsOf(data).agent;
  await lab.kill("w", "agent");
  await until("a new agent", 30_000, () => {
    const agent = partsOf(data).agent;
    return agent !== undefined && agent.pid !== first?.pid && isAlive(agent);
  });
  await agentsAnswer();
  await lab.pause("w", "agent");
  const paused = (await lab.status()).hosts.find((host) => host.name === "w");
  expect(paused).toMatchObject({ agent: null, paused: ["agent"] });
  await lab.heal("w");
  await agentsAnswer();
  await lab.kill("w", "agent", { stayDead: true });
  await expect(lab.kill("w", "agent")).rejects.toThrow(/no part 'agent' runs/);
  await lab.heal("w");
  await agentsAnswer();
});

test("what a killed foreground lab leaves is cleaned up by the next one, which ends with its terminal", async () => {
  const words = ["lab", "up", "--lab", lab.name, "--isolated", "--no-demo", "--subnet", isolated.subnet];
  const start = () => spawn(program, words, { stdio: "ignore", detached: true });
  const first = start();
  await until("the first lab", 30_000, () => lab.isUp());
  await agentsAnswer();
  first.kill("SIGKILL");
  await once(first, "exit");
  expect((await lab.status()).running).toBe(false);
  const orphan = lab.state().hosts.a?.keeper;
  expect(orphan && isAlive(orphan)).toBe(true);

  const second = start();
  await until("the second lab", 30_000, () => {
    const state = lab.isUp() ? lab.state() : undefined;
    return state?.owner?.pid === second.pid && state?.hosts.w?.keeper !== null;
  });
  expect(orphan && isAlive(orphan)).toBe(false);
  await agentsAnswer();
  second.kill("SIGHUP");
  await once(second, "exit");
  expect(lab.isUp()).toBe(false);
  expect(await traces()).toEqual([]);
});
