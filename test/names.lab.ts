import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { patient } from "../src/base/patience.ts";
import { carrierAddressSchema } from "../src/carriers/carrier-schema.ts";
import { dnsLookups, LiveNames } from "../src/carriers/live-names.ts";

/** Carriers given by name, and a real name server (Knot DNS) that says where they are. */

const root = mkdtempSync("/tmp/dialtone-names-");
let server: ChildProcess;
let names: LiveNames;
const told: string[] = [];

const zone = (...records: string[]): void =>
  writeFileSync(
    join(root, "zone"),
    [
      "$ORIGIN itsp.test.",
      "$TTL 1",
      `@ SOA ns hostmaster ${Date.now() % 2 ** 31} 60 60 60 1`,
      "@ NS ns",
      "ns A 127.0.0.1",
      ...records,
      "",
    ].join("\n"),
  );

/** A port that nobody has, of UDP as of TCP as good as certainly. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const naptr = carrierAddressSchema.parse({ host: "itsp.test", transport: "naptr" });
const udp = carrierAddressSchema.parse({ host: "itsp.test" });
const missing = carrierAddressSchema.parse({ host: "nobody.itsp.test" });
const known = (address = naptr) =>
  names.placesOf(address)?.map(({ address, port, transport }) => `${transport} ${address}:${port}`);

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patient(10_000);
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}: ${told.join("; ")}`);
    await delay(50);
  }
}

const look = () => names.look([naptr, udp, missing], false);

beforeAll(async () => {
  const port = await freePort();
  zone(
    '@ NAPTR 20 10 "S" "SIP+D2U" "" _sip._udp',
    '@ NAPTR 10 10 "S" "SIP+D2T" "" _sip._tcp',
    "_sip._udp SRV 10 60 5070 one",
    "_sip._udp SRV 20 0 5060 two",
    "_sip._tcp SRV 10 1 5062 two",
    "one A 192.0.2.1",
    "two A 192.0.2.2",
  );
  writeFileSync(
    join(root, "knot.conf"),
    `server:
    rundir: ${root}
    listen: 127.0.0.1@${port}
database:
    storage: ${root}
zone:
  - domain: itsp.test
    file: ${join(root, "zone")}
    storage: ${root}
`,
  );
  server = spawn("knotd", ["-c", join(root, "knot.conf")], { stdio: "ignore" });
  names = new LiveNames(dnsLookups([`127.0.0.1:${port}`]), (host, problem) =>
    told.push(`${host}: ${problem}`),
  );
  await until("the name server answers", async () => {
    await look();
    return known() !== undefined;
  });
});

afterAll(async () => {
  if (server.exitCode === null && server.signalCode === null) {
    server.kill("SIGKILL");
    await once(server, "exit");
  }
  rmSync(root, { recursive: true, force: true });
});

it("are where NAPTR and SRV say", () => {
  expect(known()).toEqual(["tcp 192.0.2.2:5062"]);
  expect(known(udp)).toEqual(["udp 192.0.2.1:5070", "udp 192.0.2.2:5060"]);
  expect(known(missing)).toBeUndefined();
  expect(told).toContain("nobody.itsp.test: has no address there");
});

it("are elsewhere when the records change, and stay there when the name server is gone", async () => {
  zone("_sip._udp SRV 10 60 5071 three", "three A 192.0.2.3");
  server.kill("SIGHUP");
  await until("the change is known", async () => {
    await look();
    return known()?.join() === "udp 192.0.2.3:5071";
  });
  server.kill("SIGKILL");
  await once(server, "exit");
  await look();
  expect(known()).toEqual(["udp 192.0.2.3:5071"]);
  expect(names.problems().join()).toMatch(/itsp\.test: .*; its last addresses are called/);
});
