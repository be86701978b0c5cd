import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { patient } from "../src/base/patience.ts";
import { loadSecrets } from "../src/cluster/load.ts";
import { metricsToken, webhookKey } from "../src/cluster/secrets.ts";
import { isAlive } from "../src/host/process.ts";
import { partsOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { planAddresses } from "../src/lab/names.ts";
import { labTimeline } from "../src/lab/timeline.ts";
import { waitForGreen } from "../src/lab/wait.ts";
import { findIncidents, type Incident } from "../src/timeline/incidents.ts";
import { type Entry, mergeTimeline } from "../src/timeline/merge.ts";
import type { Errand } from "./support/https-ask.ts";

/** Who watches the watchers: hung and blocked agents and apps, the timeline, alerts, figures, on a whole cluster. */

const name = "watchtest";
const lab = openLab(name);
const plan = planAddresses("198.18.79.0/24");
const node = process.execPath;
const here = (file: string) => resolve(import.meta.dirname, "support", file);
/** Goes with the lab. */
const sink = join(lab.paths.root, "sink.jsonl");
let ours = false;

beforeAll(async () => {
  await lab.up({
    isolated: true,
    detach: false,
    fresh: true,
    subnet: plan.subnet,
    settings: {
      "metrics.port": 8445,
      alerts: {
        critical_after_s: 2,
        warning_after_s: 3600,
        clear_after_s: 3,
        webhooks: { pager: { url: `http://${plan.outside}:8090/hook` } },
        email: {
          to: ["ops@example.org"],
          from: "tel@example.org",
          server: plan.outside,
          port: 2525,
          security: "none",
        },
      },
    },
  });
  ours = true;
  writeFileSync(sink, "");
  const receiver = [
    node,
    "--disable-warning=ExperimentalWarning",
    here("alert-sink.ts"),
    "2525",
    "8090",
    sink,
  ];
  await lab.startExtra("sink", "outside", receiver, join(lab.paths.root, "sink.log"));
  await waitForGreen(lab, 120_000);
  // A slow start is told of too ("Nobody answers calls"), and its end comes some seconds after it.
  await vi.waitFor(
    () => {
      const { changes } = received(0);
      const told = (what: string) => changes.filter((change) => change.what === what).map(({ key }) => key);
      expect(told("over").sort()).toEqual(told("raised").sort());
    },
    { timeout: patient(20_000) },
  );
});

afterAll(async () => {
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

/** What came to the outside since a mark: titles of the webhook's changes, and subjects of mails. */
function received(from: number) {
  const lines = readFileSync(sink, "utf8").trim().split("\n").filter(Boolean).slice(from);
  const all = lines.map(
    (line) => JSON.parse(line) as { by: string; text: string; headers: Record<string, string> },
  );
  const hooks = all.filter(({ by }) => by === "webhook");
  const changes = hooks.flatMap(({ text }) => {
    const { data } = JSON.parse(text) as {
      data: { host: string; changes: { what: string; key: string; text: string }[] };
    };
    return data.changes.map((change) => ({ ...change, host: data.host }));
  });
  const mails = all.flatMap(({ by, text }) =>
    by === "mail" ? [/^Subject: (.*)$/m.exec(text)?.[1] ?? ""] : [],
  );
  return { count: lines.length, hooks, changes, mails };
}

async function timeline(since: number): Promise<{ entries: Entry[]; incidents: Incident[] }> {
  const entries = mergeTimeline(await labTimeline(name, since));
  return { entries, incidents: findIncidents(entries, [], Date.now()) };
}

/** Entries of the timeline since a moment, as soon as they show what is wanted. */
const until = (since: number, wanted: (entries: Entry[]) => void) =>
  vi.waitFor(async () => wanted((await timeline(since)).entries), {
    timeout: patient(20_000),
    interval: 200,
  });

const kinds = (entries: Entry[]) => entries.map(({ host, kind, subject }) => `${host} ${kind} ${subject}`);

const dataOf = (host: string) => lab.state().hosts[host]?.data ?? "";
const block = async (host: string, part: string, seconds: number) => {
  const id = partsOf(dataOf(host))[part];
  if (!id || !isAlive(id)) throw new Error(`${part} does not run on ${host}`);
  return await lab.exec(host, [node, here("block-loop.ts"), String(id.pid), String(seconds)]);
};

const holder = async (): Promise<string> =>
  (await lab.status()).hosts.find((host) => host.agent?.holds)?.name ?? "nobody";

it("an agent that hangs is noticed as that; the service address stays; people are told once, by one host", async () => {
  const active = await holder();
  const since = Date.now();
  const { count } = received(0);
  await lab.pause(active, "agent");
  await using _ = { [Symbol.asyncDispose]: () => lab.resume(active, "agent") };
  const others = ["a", "b", "w"].filter((host) => host !== active);
  await until(since, (entries) => {
    for (const host of others)
      expect(entries).toContainEqual(
        expect.objectContaining({
          host,
          kind: "peer-silent",
          subject: active,
          text: expect.stringContaining("agent hangs"),
        }),
      );
  });
  await vi.waitFor(() => expect(received(count)).toMatchObject({ changes: [{}], mails: [{}] }), {
    timeout: patient(15_000),
  });
  await lab.resume(active, "agent");
  await vi.waitFor(() => expect(received(count).changes).toHaveLength(2), { timeout: patient(20_000) });
  const { changes, hooks, mails } = received(count);
  expect(changes).toMatchObject([
    { what: "raised", key: `host:${active}`, text: expect.stringContaining("agent hangs") },
    { what: "over", key: `host:${active}` },
  ]);
  expect(mails[0]).toMatch(new RegExp(`^\\[.+\\] CRITICAL: ${active} is not heard any more`));
  const key = webhookKey(loadSecrets(lab.paths.cluster), "pager");
  for (const { text, headers } of hooks) expect(() => new Webhook(key).verify(text, headers)).not.toThrow();
  expect(await holder()).toBe(active);
  const { entries } = await timeline(since);
  expect(kinds(entries)).toContain(`${active} agent-stalled ${active}`);
  expect(entries.filter(({ kind }) => kind === "address")).toEqual([]);
});

it("an app whose event loop is blocked is killed and restarted", async () => {
  const since = Date.now();
  const before = partsOf(dataOf("b")).app;
  await block("b", "app", 30);
  await until(since, (entries) => {
    expect(kinds(entries)).toEqual(
      expect.arrayContaining(["b part-sick app", "b part-killed app", "b part-started app"]),
    );
  });
  expect(partsOf(dataOf("b")).app?.pid).not.toBe(before?.pid);
  await waitForGreen(lab, 30_000);
});

it("an agent whose event loop is blocked is noticed by the others and says so itself", async () => {
  const since = Date.now();
  await block("b", "agent", 2);
  await until(since, (entries) => {
    expect(kinds(entries)).toEqual(
      expect.arrayContaining(["w peer-silent b", "w peer-heard b", "b agent-stalled b"]),
    );
  });
  const status = await lab.status();
  expect(status.hosts.find((host) => host.name === "b")?.agent?.watch?.loop.maxMs).toBeGreaterThan(1500);
});

it("a power cut is one incident with its cause, told once; the dead host's own words are there when it is back", async () => {
  await waitForGreen(lab, 30_000);
  const active = await holder();
  const other = active === "a" ? "b" : "a";
  // Not earlier: the test before this one made an agent silent.
  const since = Date.now();
  const { count } = received(0);
  await lab.kill(active, "kamailio");
  // Its silence counts from its last report, which must be younger than Kamailio's death.
  await until(since, (entries) => expect(kinds(entries)).toContain(`${active} part-started kamailio`));
  await lab.kill(active);
  const killedAt = Date.now();
  await until(killedAt - 5000, (entries) =>
    expect(kinds(entries)).toContain(`${other} peer-silent ${active}`),
  );
  await vi.waitFor(() => expect(received(count).changes.map(({ key }) => key)).toContain(`host:${active}`), {
    timeout: patient(20_000),
  });
  expect(received(count).changes.filter(({ key }) => key === `host:${active}`)).toHaveLength(1);
  await lab.heal(active);
  await waitForGreen(lab, 60_000);
  const { entries, incidents } = await timeline(since);
  // What it wrote itself before its death, in the one order of all hosts.
  const words = kinds(entries);
  expect(words.indexOf(`${active} part-exited kamailio`)).toBeGreaterThanOrEqual(0);
  expect(words.indexOf(`${active} part-exited kamailio`)).toBeLessThan(
    words.indexOf(`${other} peer-silent ${active}`),
  );
  expect(entries.every(({ withinMs }) => withinMs !== null && withinMs < 250)).toBe(true);
  expect(incidents[0]?.cause).toMatchObject({ host: active, kind: "part-exited", subject: "kamailio" });
});

it("figures come with the token only, those of the app with them; check says OK or what is wrong", async () => {
  const secrets = loadSecrets(lab.paths.cluster);
  const get = async (host: string, token: string) => {
    const errand: Errand = {
      origin: `https://${host}:8445`,
      ca: secrets.tls.ca,
      token,
      question: { path: "/metrics" },
    };
    const [command = "", ...words] = [...lab.prefix("outside"), node, here("https-ask.ts")];
    return (await execa(command, words, { input: JSON.stringify(errand) })).stdout;
  };
  const text = await get(plan.a, metricsToken(secrets));
  expect(text).toMatch(/^200\n/);
  expect(text).toMatch(/^dialtone_part_up\{part="kamailio"\} 1$/m);
  expect(text).toMatch(/^dialtone_app_events_shipped_total \d+$/m);
  expect(await get(plan.w, metricsToken(secrets))).toMatch(/^dialtone_peer_heard\{peer="a"\} 1$/m);
  for (const token of ["wrong", secrets.api_token, secrets.peer_token])
    expect(await get(plan.a, token)).toMatch(/^401\n/);
  const check = async (...words: string[]) =>
    await execa(resolve(import.meta.dirname, "../bin/dialtone"), ["check", ...words, "--lab", name], {
      reject: false,
    });
  const service = await check("service");
  expect(service).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(/^DIALTONE SERVICE OK - \w answers calls/),
  });
  const disk = await check("disk", "--critical", "101", "--warning", "102");
  expect(disk).toMatchObject({
    exitCode: 2,
    stdout: expect.stringMatching(/^DIALTONE DISK CRITICAL - .* \| 'free'=/),
  });
});
