import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import pRetry from "p-retry";
import { afterAll, beforeAll, expect, it } from "vitest";
import { switchOver } from "../src/client/switchover.ts";
import { hostDirs, runFiles } from "../src/cluster/facts.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import type { Helper } from "./support/at-place.ts";
import { anAuthority } from "./support/authority.ts";
import {
  certificatesAt,
  dataOf,
  dialtone,
  everywhere,
  openGuest,
  shownTo,
  stillThere,
  until,
} from "./support/web-door.ts";
import type { GuestNews } from "./support/web-guest.ts";

/**
 * A real ACME authority (Let's Encrypt's Pebble) outside of a real cluster: it looks the name up at a real name server (Knot DNS), and
 * at port 80 of the service address. A browser's telephone stays through the renewal.
 */

const retries = { retries: 40, factor: 1, minTimeout: 500 };
const lab = openLab("acme");
const signal = new AbortController().signal;
const outside = "198.18.77.1";
const service = "198.18.77.100";
const name = "console.lab.test";
const folder = join(lab.paths.root, "authority");

let ours = false;
let guest: Helper<GuestNews> | undefined;
type Running = { kill(signal: "SIGKILL"): boolean } & PromiseLike<unknown>;
let pebble: Running | undefined;
let dns: Running | undefined;

const write = (file: string, text: string): string => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  return join(folder, file);
};

/** @param seconds how long its certificates are good @param sleep the longest time until it looks, s */
async function startPebble(seconds: number, sleep: number): Promise<void> {
  const config = write(
    "pebble.json",
    JSON.stringify({
      pebble: {
        listenAddress: `${outside}:14000`,
        managementListenAddress: `${outside}:15000`,
        certificate: join(folder, "cert.pem"),
        privateKey: join(folder, "key.pem"),
        httpPort: 80,
        tlsPort: 443,
        ocspResponderURL: "",
        externalAccountBindingRequired: false,
        certificateValidityPeriod: seconds,
      },
    }),
  );
  const words = [
    ...["env", sleep === 0 ? "PEBBLE_VA_NOSLEEP=1" : `PEBBLE_VA_SLEEPTIME=${sleep}`],
    // Each order is proved anew; some questions come with an old nonce, as they do.
    ...["PEBBLE_AUTHZREUSE=0", "PEBBLE_WFE_NONCEREJECT=20"],
    ...["pebble", "-config", config, "-dnsserver", `${outside}:53`],
  ];
  const [program = "", ...rest] = [...lab.prefix(outsideHost), ...words];
  pebble = execa(program, rest, {
    reject: false,
    stdout: { file: join(folder, "pebble.log"), append: true },
    stderr: "ignore",
  });
  await until("Pebble answers", async () => (await root()) !== "" || false);
}

async function stopPebble(): Promise<void> {
  pebble?.kill("SIGKILL");
  await pebble;
}

/** Whom browsers have to trust, made anew at each of its starts. */
const root = async (): Promise<string> =>
  (await lab.exec(outsideHost, ["curl", "-sk", "--max-time", "2", `https://${outside}:15000/roots/0`]))
    .stdout;

beforeAll(async () => {
  const own = await anAuthority("The house's own");
  const { certificate, key } = await own.issue({ names: [outside] });
  const acme = {
    ...{ directory: `https://${outside}:14000/dir`, email: "you@lab.test" },
    ...{ terms_agreed: true, authority: own.certificate },
  };
  const settings = { "web.names": [name], "web.acme": acme };
  await lab.up({ isolated: true, detach: false, fresh: true, settings });
  ours = true;
  write("cert.pem", certificate);
  write("key.pem", key);
  write(
    "zone",
    `$ORIGIN lab.test.\n$TTL 1\n@ SOA ns root 1 60 60 60 1\n@ NS ns\nns A ${outside}\nconsole A ${service}\n`,
  );
  const config = write(
    "knot.conf",
    `server:\n    rundir: ${folder}\n    listen: ${outside}@53\ndatabase:\n    storage: ${folder}\nzone:\n  - domain: lab.test\n    file: ${join(folder, "zone")}\n    storage: ${folder}\n`,
  );
  const [program = "", ...rest] = [...lab.prefix(outsideHost), "knotd", "-c", config];
  dns = execa(program, rest, { reject: false });
  await startPebble(50, 0);
  await waitForGreen(lab, 120_000, () => undefined, signal);
});

afterAll(async () => {
  await guest?.[Symbol.asyncDispose]();
  await stopPebble();
  dns?.kill("SIGKILL");
  await dns;
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

/** What came to port 80 of a node's HAProxy that was an authority's look. */
const looks = async (host: string): Promise<number> => {
  const socket = join(hostDirs(dataOf(lab, host)).run, "haproxy/admin.sock");
  const { stdout } = await lab.exec(host, ["sh", "-c", `echo "show stat" | socat - UNIX-CONNECT:${socket}`]);
  const [head = "", ...lines] = stdout.split("\n");
  const column = head.replace("# ", "").split(",").indexOf("req_tot");
  const row = lines
    .map((line) => line.split(","))
    .find(([one, two]) => one === "plain" && two === "FRONTEND");
  return Number(row?.[column]);
};

const holder = async (): Promise<string> =>
  (await lab.status()).hosts.find((host) => host.agent?.holds)?.name ?? "";

it("the holder of the service address orders one; both nodes show it", async () => {
  const { used, authority } = await everywhere(lab, "acme");
  expect(used.names).toEqual([name]);
  expect(used.issuer).toMatch(/Pebble Intermediate CA/);
  expect(used.chain).toHaveLength(1);
  expect(authority).toMatchObject({ failure: null, node: await holder() });
});

it("it is renewed by itself, and the browser that was there stays", async () => {
  const { used } = await everywhere(lab, "acme");
  guest = await openGuest(lab, { host: service, name, ca: await root(), origin: `https://${name}` });
  const began = Date.parse(used.from);
  const renewed = await everywhere(lab, "acme", (one) => one !== used.fingerprint);
  // Two thirds of its life, and not all of it.
  expect(Date.now() - began).toBeGreaterThan((50_000 * 2) / 3);
  expect(Date.parse(renewed.used.from)).toBeLessThan(Date.parse(used.until));
  await shownTo(guest, renewed.used.fingerprint);
  await stillThere(guest);
});

it("one that ends within days makes the light red, and stands against no switchover", async () => {
  const codes = await until("the light says it", async () => {
    const found = (await lab.status()).hosts.flatMap((host) => host.agent?.light?.reasons ?? []);
    return found.some(({ code }) => code === "certificate-over") && found.map(({ text }) => text);
  });
  expect(codes.join()).toMatch(/the certificate of the console (ends in 0 days|has ended) \(acme, on [ab]\)/);
});

it("a switchover in the middle: the other node answers the authority, and goes on with the order", async () => {
  await guest?.[Symbol.asyncDispose]();
  // It has forgotten all accounts, takes its time to look, and gives certificates for long.
  await stopPebble();
  await startPebble(90 * 86_400, 45);
  for (const last of [false, true]) {
    const before = (await certificatesAt(lab, "a")).used.fingerprint;
    const from = await holder();
    const to = from === "a" ? "b" : "a";
    const seen = await looks(to);
    await dialtone(lab, "order");
    await until(
      "it is ordered",
      async () => (await certificatesAt(lab, from)).authority?.state === "ordering",
    );
    const agent = runFiles(hostDirs(dataOf(lab, from))).agentSocket;
    await pRetry(() => switchOver(agent, false, ["not-drilled", "drill-failed"]), retries);
    expect(await holder()).toBe(to);
    const { used, authority } = await everywhere(lab, "acme", (one) => one !== before, 90_000);
    expect(Date.parse(used.until) - Date.now()).toBeGreaterThan(80 * 86_400_000);
    expect(authority).toMatchObject({ state: "good", node: to, failure: null });
    // When it looks is by chance: once in a while before the switchover.
    if ((await looks(to)) > seen) return;
    expect(last, "the other node was never asked").toBe(false);
  }
});

it("whoever orders too often is refused before the authority does", async () => {
  // It need not take its time any more.
  await stopPebble();
  await startPebble(90 * 86_400, 0);
  for (let count = 0; ; count++) {
    const { exitCode, stderr } = await dialtone(lab, "order");
    if (exitCode !== 0) {
      expect(stderr).toMatch(
        /there were 4 (orders within an hour|certificates within a week), and authorities shut out/,
      );
      break;
    }
    expect(count).toBeLessThan(4);
    const before = (await certificatesAt(lab, "a")).used.fingerprint;
    await everywhere(lab, "acme", (one) => one !== before, 90_000);
  }
});
