import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { inNamespace } from "../src/callers/sipp.ts";
import { startTelephones } from "../src/callers/softphone/client.ts";
import { routePrefix } from "../src/drills/api.ts";
import { waitForGreen } from "../src/drills/cluster-view.ts";
import { labGround } from "../src/drills/ground.ts";
import { openLab } from "../src/lab/lab.ts";
import { outsideHost } from "../src/lab/names.ts";
import { type BrowserPhone, BrowserPhones } from "../test/support/browser-phones.ts";
import { report } from "./common.ts";

/**
 * Telephones in browsers through a power cut of the node that carries them: a browser that called a telephone, one that was
 * called, and two that talk to each other, each in a page of its own of a real Chromium; for how long each browser heard
 * nothing (`getStats` every 20 ms), and whether the telephones hear them afterwards (packets in half a second). Needs Debian's chromium, and the console's packages
 * (`sh scripts/console install`). It makes a lab of its own and takes it away again.
 *
 *   node bench/browser-phone.ts [--runs 3] [--cut power|switchover|none] [--keep: leave the lab] [--use: one that is up]
 */
const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    lab: { type: "string", default: "browser" },
    cut: { type: "string", default: "power" },
    keep: { type: "boolean", default: false },
    use: { type: "boolean", default: false },
  },
});
const lab = openLab(values.lab);
await using cleaning = new AsyncDisposableStack();
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

if (!values.use) await lab.up({ isolated: true, detach: true, fresh: true });
if (!values.keep && !values.use) cleaning.defer(async () => void (await lab.down({ wipe: true })));
const never = new AbortController().signal;
await waitForGreen(lab, 120_000, (why) => tell(`waiting: ${why.join("; ")}`), never);
const { api } = labGround(lab);
const users = ["2001", "2002", "2003", "2004"];
for (const name of users) await api("PUT", `/v1/users/${name}`, { password: "a long password" });
const state = lab.state();
const outside = state.hosts[outsideHost];
const [calling, called] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
if (!outside || !calling || !called) throw new Error("the lab has no place for telephones");
await routePrefix(lab.name, "browser-phone", "9976", `${called}:5094`);
const telephones = await startTelephones(inNamespace(outside.namespace, calling), {
  service: { address: state.service, port: 5060 },
  caller: { address: calling, port: 5095, transport: "udp" },
  callee: { address: called, port: 5094, transport: "udp" },
  number: "2002",
});
cleaning.use(telephones);

const browsers = cleaning.use(await BrowserPhones.open(lab));
const phones = (await Promise.all(users.map((user) => browsers.phone(user)))) as [
  BrowserPhone,
  BrowserPhone,
  BrowserPhone,
  BrowserPhone,
];
const [callsOut, , one] = phones;
tell("four browsers are registered");

const rows: Record<string, string | number>[] = [];
for (let run = 1; run <= Number(values.runs); run++) {
  await callsOut.dial("99761");
  const ids = await telephones.calls({ count: 1 });
  if (ids.length < 1) throw new Error("the browser did not answer the telephone");
  await one.dial("2004");
  for (const phone of phones) await phone.talks();
  // Each side's place is learned, and the relay has told the other node the keys.
  await delay(4000);
  await telephones.mark();
  for (const phone of phones) await phone.mark();
  await delay(1000);
  const calm = await Promise.all(phones.map((phone) => phone.heard()));
  for (const phone of phones) await phone.mark();
  await telephones.mark();
  const holder = (await lab.status()).hosts.find(({ agent }) => agent?.holds)?.name;
  if (holder === undefined) throw new Error("nobody holds the service address");
  if (values.cut === "power") await lab.kill(holder);
  await delay(6000);
  const after = await Promise.all(phones.map((phone) => phone.heard()));
  const { legs } = await telephones.report();
  await delay(500);
  const later = (await telephones.report()).legs;
  const levels = await callsOut.levels();
  /** Packets that it got in the last half second, of 25. */
  const hears = (side: "caller" | "callee") => {
    const of = (all: typeof legs) =>
      all
        .filter((leg) => leg.side === side && leg.state === "up")
        .reduce((sum, { stream }) => sum + stream.received, 0);
    return of(later) - of(legs);
  };
  const names = [
    "browser that called",
    "browser that was called",
    "browser, to a browser",
    "browser, by a browser",
  ];
  for (const [index, name] of names.entries())
    rows.push({
      run,
      end: name,
      "gap ms": after[index]?.gapMs ?? -1,
      "calm ms": calm[index]?.gapMs ?? -1,
      "its telephone hears": index === 0 ? hears("callee") : index === 1 ? hears("caller") : "–",
      packets: after[index]?.packets ?? 0,
      calls: (await phones[index]?.calls())?.length ?? 0,
    });
  tell(`run ${run}: ${after.map(({ gapMs }) => gapMs).join(", ")} ms; level ${levels.there.toFixed(3)}`);
  for (const phone of phones) await phone.hangUp();
  await telephones.close(legs.map(({ callId }) => callId));
  await lab.heal();
  await waitForGreen(lab, 120_000, () => undefined, never);
}
await report("browser-phone", rows);
