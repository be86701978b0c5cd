import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { hostDirs } from "../src/cluster/facts.ts";
import { loadSecrets } from "../src/cluster/load.ts";
import { fingerprintOf } from "../src/cluster/web-certificate.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { askSocket } from "../src/http/socket.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import type { Helper } from "./support/at-place.ts";
import { type Authority, anAuthority } from "./support/authority.ts";
import {
  appOf,
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
 * What browsers get at the web door of a real cluster, while one of them stays: its WebSocket through HAProxy is open from the first test
 * to the last.
 */

const lab = openLab("certificates");
const signal = new AbortController().signal;
const service = "198.18.77.100";
const name = "console.lab.test";

let ours = false;
let guest: Helper<GuestNews>;
let authority: Authority;

beforeAll(async () => {
  authority = await anAuthority("Somebody's own");
  await lab.up({
    ...{ isolated: true, detach: false, fresh: true },
    settings: { "web.names": [name], "web.redirect": true },
  });
  ours = true;
  await waitForGreen(lab, 120_000, () => undefined, signal);
  const { ca } = loadSecrets(lab.paths.cluster).tls;
  guest = await openGuest(lab, { host: service, ca, origin: `https://${service}` });
});

afterAll(async () => {
  await guest?.[Symbol.asyncDispose]();
  if (ours) await lab.down({ wipe: true, graceMs: 0 });
});

function write(file: string, text: string): string {
  const folder = join(lab.paths.root, "given");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  return join(folder, file);
}

const give = async (pair: { certificate: string; key: string }) =>
  await dialtone(
    lab,
    ...["give", "--cert", write("cert.pem", pair.certificate), "--key", write("key.pem", pair.key)],
  );

it("the cluster's own authority makes one, good for a year, for all names and addresses; both nodes show it", async () => {
  const { used } = await everywhere(lab, "generated");
  expect(used.names).toEqual([name, service, "198.18.77.11", "198.18.77.12"]);
  expect(used.chain).toEqual([]);
  const days = (Date.parse(used.until) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(390);
  await shownTo(guest, used.fingerprint);
  await stillThere(guest);
});

it("plain HTTP goes to HTTPS", async () => {
  const { stdout } = await lab.exec(outsideHost, [
    ...["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}"],
    `http://${service}/console/calls?x=1`,
  ]);
  expect(stdout).toBe(`301 https://${service}/console/calls?x=1`);
});

it("one that is given is at both nodes within seconds, and the browser that was there stays", async () => {
  const pair = await authority.issue({ names: [name, service] });
  const given = { ...pair, certificate: pair.certificate + authority.certificate };
  const { exitCode, stdout, stderr } = await give(given);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toMatch(/^all nodes take it within seconds; good until 2027-06-01T/);
  const wanted = fingerprintOf(pair.certificate);
  const { used } = await everywhere(lab, "given", (one) => one === wanted);
  expect(used).toMatchObject({ issuer: "CN=Somebody's own", key: "EC prime256v1" });
  await shownTo(guest, wanted);
  await stillThere(guest);
  expect((await dialtone(lab)).stdout).toMatch(/what: +given\n.*\n(?:.*\n)+a +this one .*\nb +this one /);
});

it("its key is in the database and in the node's file sealed, and in no log, no answer, no record of changes", async () => {
  const key = readFileSync(join(lab.paths.root, "given/key.pem"), "utf8").split("\n")[1] ?? "?";
  const socket = appOf(lab, "a");
  const audit = JSON.stringify(await askSocket(socket, "GET", "/v1/audit", { deadlineMs: 5000 }));
  expect(audit).toContain("PUT /v1/certificates/given");
  const found: string[] = [];
  for (const host of ["a", "b"]) {
    const { dirs } = { dirs: hostDirs(dataOf(lab, host)) };
    const kept = readFileSync(join(dirs.app, "web-certificate.json"), "utf8");
    if (kept.includes(key)) found.push(`kept on ${host}`);
    const logs = await execa("grep", ["-rlF", key, dirs.log, `${dirs.fresh}/`, dirs.mariadb], {
      reject: false,
    });
    found.push(...logs.stdout.split("\n").filter(Boolean));
    // Where HAProxy reads it: for nobody else.
    expect(readFileSync(join(dirs.etc, "haproxy/web.pem"), "utf8")).toContain(key);
    expect((await execa("stat", ["-c", "%a %U", join(dirs.etc, "haproxy/web.pem")])).stdout).toBe("600 root");
  }
  if (audit.includes(key)) found.push("audit");
  expect(found).toEqual([]);
});

it("one that is not right is refused whole, with what is wrong; the one before stays", async () => {
  const before = (await certificatesAt(lab, "a")).used.fingerprint;
  const [one, two] = await Promise.all([
    authority.issue({ names: ["www.lab.test"], until: new Date("2026-02-01") }),
    authority.issue({ names: [name] }),
  ]);
  const { exitCode, stderr } = await give({ certificate: one.certificate, key: two.key });
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain("/key: does not fit the certificate");
  expect(stderr).toContain("/certificate: ended on 2026-02-01");
  expect(stderr).toContain(`/certificate: is not for ${name}, by which browsers know the service`);
  expect(stderr).toContain("/certificate: the chain is not complete");
  await everywhere(lab, "given", (one) => one === before);
});

it("HAProxy that dies comes back with it", async () => {
  const { used } = await certificatesAt(lab, "b");
  const pidOf = async () =>
    (await lab.status()).hosts.find((host) => host.name === "b")?.agent?.parts.haproxy?.pid;
  const before = await pidOf();
  await lab.kill("b", "haproxy");
  await until("it runs again", async () => {
    const now = await pidOf();
    return now !== undefined && now !== before;
  });
  await until("b shows it again", async () => {
    const { nodes } = await certificatesAt(lab, "a");
    return nodes.find(({ node }) => node === "b")?.fingerprint === used.fingerprint;
  });
  await stillThere(guest);
});

it("removed, the generated one is shown again", async () => {
  expect((await dialtone(lab, "remove")).stdout).toMatch(/removed; browsers get: made by the cluster's own/);
  const { used } = await everywhere(lab, "generated");
  await shownTo(guest, used.fingerprint);
  await stillThere(guest);
});
