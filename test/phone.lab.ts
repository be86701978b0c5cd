import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { phoneLoginFor } from "../src/call/phone-login.ts";
import { inNamespace } from "../src/callers/sipp.ts";
import { type LegReport, startTelephones, type Telephones } from "../src/callers/softphone/client.ts";
import { loadSecrets } from "../src/cluster/load.ts";
import { routePrefix } from "../src/drills/api.ts";
import { type Ground, labGround } from "../src/drills/ground.ts";
import { outsideHost } from "../src/lab/names.ts";
import { startAt } from "./support/at-place.ts";
import { type BrowserPhone, BrowserPhones, until } from "./support/browser-phones.ts";
import type { DeskOptions } from "./support/desk-phone.ts";
import { sharedLab } from "./support/shared-lab.ts";

/**
 * The telephone of the console, in real Chromium with a fake microphone, at a real cluster: with telephones (UDP), and with
 * others of its kind. What it does when a host dies: test/survival.lab.ts.
 */

const tell = (text: string) => void process.stderr.write(`${text}\n`);
/** Packets in 600 ms, of 30; a busy machine loses some. */
const audible = 15;
const users = ["2101", "2102", "2103"] as const;
const password = "a long password";
const cleaning = new AsyncDisposableStack();
let ground: Ground;
let telephones: Telephones;
let browsers: BrowserPhones;
let ann: BrowserPhone;
let ben: BrowserPhone;
let cleo: BrowserPhone;
let secret: string;
/** A number at which the UDP telephone answers. */
const number = "99771";

beforeAll(async () => {
  const lab = await sharedLab(tell);
  ground = labGround(lab);
  secret = loadSecrets(lab.paths.cluster).nonce_secret;
  for (const name of [...users, "2104"]) await ground.api("PUT", `/v1/users/${name}`, { password });
  const state = lab.state();
  const outside = state.hosts[outsideHost];
  const [caller, called] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
  if (!outside || !caller || !called) throw new Error("the lab has no place for telephones");
  await routePrefix(lab.name, "phone", "9977", `${called}:5096`);
  telephones = await startTelephones(inNamespace(outside.namespace, caller), {
    service: { address: state.service, port: 5060 },
    caller: { address: caller, port: 5097, transport: "udp" },
    callee: { address: called, port: 5096, transport: "udp" },
    number: "2102",
  });
  cleaning.use(telephones);
  browsers = cleaning.use(await BrowserPhones.open(lab));
  [ann, ben, cleo] = (await Promise.all(users.map((user) => browsers.phone(user)))) as [
    BrowserPhone,
    BrowserPhone,
    BrowserPhone,
  ];
});
afterAll(() => cleaning.disposeAsync());

/** The one side of the UDP telephone that is in a call. */
async function leg(side: "caller" | "callee"): Promise<LegReport> {
  const { legs } = await telephones.report();
  const found = legs.filter((one) => one.side === side && one.state === "up");
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} calls of the telephone as ${side}`);
  return found[0];
}

/** What it hears in 600 ms, of 30 packets. */
async function telephoneHears(side: "caller" | "callee"): Promise<number> {
  const before = (await leg(side)).stream.received;
  await delay(600);
  return (await leg(side)).stream.received - before;
}

/** Both sides hear, or do not, within 3 s. */
const agree = (what: string, look: () => Promise<boolean>) =>
  until(what, async () => ((await look()) ? true : undefined), 6000);

async function over(): Promise<void> {
  for (const phone of [ann, ben, cleo]) await phone.hangUp();
  const { legs } = await telephones.report();
  await telephones.close(legs.map(({ callId }) => callId));
}

describe.each(["it calls", "it is called"] as const)("with a telephone over UDP: %s", (who) => {
  test("both hear; hold and resume by either side; keys; mute", async () => {
    const phone = who === "it calls" ? ann : ben;
    const side = who === "it calls" ? "callee" : "caller";
    if (who === "it calls") await phone.dial(number);
    else expect(await telephones.calls({ count: 1 })).toHaveLength(1);
    const [call] = await phone.talks();
    const id = call?.id ?? "";
    await agree(
      "both hear",
      async () => (await phone.hears()) > audible && (await telephoneHears(side)) > audible,
    );
    const { here, there } = await phone.levels();
    expect(there).toBeGreaterThan(0.05);
    expect(here).toBeGreaterThanOrEqual(0);

    await phone.press("hold", id, true);
    await agree("the held telephone falls silent", async () => {
      const { packets } = (await phone.page.evaluate(`(async () => {
        let packets = 0;
        for (const stat of (await measured.phone.connectionOf(${JSON.stringify(id)}).getStats()).values())
          if (stat.type === "inbound-rtp") packets = stat.packetsReceived;
        await new Promise((done) => setTimeout(done, 600));
        let later = 0;
        for (const stat of (await measured.phone.connectionOf(${JSON.stringify(id)}).getStats()).values())
          if (stat.type === "inbound-rtp") later = stat.packetsReceived;
        return { packets: later - packets };
      })()`)) as { packets: number };
      return packets === 0;
    });
    await phone.press("hold", id, false);
    await agree(
      "both hear again",
      async () => (await phone.hears()) > audible && (await telephoneHears(side)) > audible,
    );

    const { callId } = await leg(side);
    expect(await telephones.reinvite([callId], side, true)).toEqual([200]);
    await agree("the browser shows it, and falls silent", async () => {
      const [held] = await phone.calls();
      return held?.heldThere === true && (await telephoneHears(side)) === 0;
    });
    expect(await telephones.reinvite([callId], side, false)).toEqual([200]);
    await agree(
      "both hear again",
      async () => (await phone.hears()) > audible && (await telephoneHears(side)) > audible,
    );

    for (const key of "15*#") await phone.press("press", id, key);
    await agree("the telephone hears the keys", async () => (await leg(side)).stream.keys === "15*#");
    expect((await phone.calls())[0]).toMatchObject({ keys: "15*#" });
    expect(await telephones.bye([callId], side)).toEqual([200]);
    await phone.idle();
    await over();
  });
});

describe("two browsers", () => {
  test("hear each other, in both directions", async () => {
    for (const [one, other] of [
      [ann, ben],
      [ben, ann],
    ] as const) {
      await one.dial(other.user);
      await Promise.all([one.talks(), other.talks()]);
      await agree("both hear", async () => (await one.hears()) > audible && (await other.hears()) > audible);
      await one.hangUp();
      await other.idle();
    }
    await over();
  });

  test("ask each other at once after their connections were lost: again and again, and nobody stays deaf", async () => {
    await ann.dial(ben.user);
    await Promise.all([ann.talks(), ben.talks()]);
    for (let run = 1; run <= 10; run++) {
      await Promise.all([ann.press("reconnect"), ben.press("reconnect")]);
      await agree(`both hear after ${run}`, async () => {
        const heard = await Promise.all([ann.hears(), ben.hears()]);
        return heard.every((packets) => packets > audible);
      });
    }
    await over();
  });
});

/** Answers 491 that a telephone gets from now on. */
const countGlares = (phone: BrowserPhone) =>
  phone.page.evaluate(`(() => {
    const { socket } = measured.phone;
    const hear = socket.ondata;
    globalThis.glares = 0;
    socket.ondata = (text) => {
      if (/^SIP\\/2.0 491 /.test(text)) globalThis.glares++;
      hear(text);
    };
  })()`);

test("both hold at once, and both go on at once: what crosses is asked again, and both hear", async () => {
  await ann.dial(ben.user);
  const [[one], [other]] = await Promise.all([ann.talks(), ben.talks()]);
  await Promise.all([countGlares(ann), countGlares(ben)]);
  for (let run = 1; run <= 10; run++) {
    for (const held of [true, false]) {
      await Promise.all([ann.press("hold", one?.id, held), ben.press("hold", other?.id, held)]);
      await agree(`both know it, ${run}`, async () => {
        const [[here], [there]] = await Promise.all([ann.calls(), ben.calls()]);
        return [here, there].every((call) => call?.held === held && call.heldThere === held);
      });
    }
    await agree(`both hear, ${run}`, async () => {
      const heard = await Promise.all([ann.hears(), ben.hears()]);
      return heard.every((packets) => packets > audible);
    });
  }
  const glares = await Promise.all([ann, ben].map((phone) => phone.page.evaluate("glares")));
  tell(`answers 491: ${glares.join(" and ")}`);
  await over();
});

/** Its ACKs are on the way for so long from now on. */
const lateAcks = (phone: BrowserPhone, ms: number) =>
  phone.page.evaluate(`(() => {
    const { socket } = measured.phone;
    delete socket.send;
    const send = socket.send.bind(socket);
    if (${ms} > 0)
      socket.send = (text) => (/^ACK /.test(text) ? setTimeout(send, ${ms}, text) > 0 : send(text));
  })()`);

describe("transfers", () => {
  test("blind: a browser sends another browser to a telephone, and leaves", async () => {
    await ann.dial(ben.user);
    const [[call]] = await Promise.all([ann.talks(), ben.talks()]);
    await ann.press("transfer", call?.id, number);
    await ann.idle();
    await agree(
      "they hear each other",
      async () => (await ben.hears()) > audible && (await telephoneHears("callee")) > audible,
    );
    await over();
  });

  test("blind: a browser sends a telephone (UDP, REFER) to another browser", async () => {
    const [address = "", port] = ground.service.split(":");
    await using desk = startAt<{ did: string; code?: number }>(ground.caller, "./desk-phone.ts", {
      local: { address: ground.caller.address, port: 5089 },
      service: { address, port: Number(port) },
      realm: ((await browsers.credential("2104")) as { realm: string }).realm,
      user: "2104",
      password,
      answerAfterMs: 200,
    } satisfies DeskOptions);
    await desk.hears("it is registered", ({ did, code }) => did === "registered" && code === 200);
    await ann.dial("2104");
    const [call] = await ann.talks();
    await ann.press("transfer", call?.id, cleo.user);
    expect(await desk.hears("it has called", ({ did }) => did === "called")).toMatchObject({ code: 200 });
    await ann.idle();
    await over();
  });

  test("refused: the call goes on, and says so", async () => {
    await ann.dial(ben.user);
    const [[call]] = await Promise.all([ann.talks(), ben.talks()]);
    await ann.press("transfer", call?.id, "4711-nobody");
    await agree("it was refused", async () => (await ann.calls())[0]?.transfer === "refused");
    await agree("both hear", async () => (await ann.hears()) > audible && (await ben.hears()) > audible);
    await over();
  });

  test.each([
    ["", 0],
    [", asked for while ACKs are under way", 1500],
  ])("attended: two calls at once, one of them held; then they talk to each other%s", async (_, ackMs) => {
    await ann.dial(ben.user);
    await Promise.all([ann.talks(), ben.talks()]);
    await ann.dial(cleo.user);
    const [calls] = await Promise.all([ann.talks(2), cleo.talks()]);
    const [first, second] = calls;
    await agree("the first is held", async () => (await ben.calls())[0]?.heldThere === true);
    expect(calls.filter(({ held }) => held)).toHaveLength(1);
    await lateAcks(ann, ackMs);
    // From one to the other, and back.
    await ann.press("hold", first?.id, false);
    await agree("the second is held", async () => (await cleo.calls())[0]?.heldThere === true);
    await ann.press("join", first?.id, second?.id);
    await ann.idle();
    await lateAcks(ann, 0);
    await Promise.all([ben.talks(), cleo.talks()]);
    await agree(
      "they hear each other",
      async () => (await ben.hears()) > audible && (await cleo.hears()) > audible,
    );
    await over();
  });
});

describe("its login", () => {
  test("ends and is renewed in a call", async () => {
    const given = browsers.credential;
    let asked = 0;
    const lifeMs = 8000;
    browsers.credential = async (user) => {
      asked++;
      const credential = (await given(user)) as object;
      // The first one ends in 8 s.
      return asked === 1
        ? { ...credential, ...phoneLoginFor(secret, user, Date.now() - 3_600_000 + lifeMs) }
        : credential;
    };
    await browsers.begin(ann);
    const began = Date.now();
    await ann.dial(number);
    await ann.talks();
    await until("the first login has ended", async () =>
      Date.now() - began > lifeMs + 1500 ? true : undefined,
    );
    expect(asked).toBe(2);
    expect((await ann.view()).registration).toBe("registered");
    await agree(
      "both hear",
      async () => (await ann.hears()) > audible && (await telephoneHears("callee")) > audible,
    );
    await ann.press("hangUpAll");
    await ann.idle();
    await ann.dial(number);
    await ann.talks();
    browsers.credential = given;
    await over();
  });

  test("has ended while the computer slept: another one is asked for", async () => {
    const given = browsers.credential;
    let asked = 0;
    browsers.credential = async (user) => {
      const credential = (await given(user)) as object;
      return asked++ === 0
        ? { ...credential, ...phoneLoginFor(secret, user, Date.now() - 3_700_000) }
        : credential;
    };
    await browsers.begin(cleo);
    expect(asked).toBe(2);
    browsers.credential = given;
  });
});

test("a page that is loaded anew in a call hangs up, and is a telephone again", async () => {
  await ann.dial(ben.user);
  await Promise.all([ann.talks(), ben.talks()]);
  await browsers.begin(ann);
  await ben.idle();
  await ben.dial(ann.user);
  await Promise.all([ann.talks(), ben.talks()]);
  await over();
});

test("without a microphone it says so, and what rings goes on ringing", async () => {
  const lab = await sharedLab(tell);
  await using deaf = await BrowserPhones.open(lab, false);
  const dan = await deaf.phone("2104");
  expect(await dan.dial(number)).toBeUndefined();
  expect(await dan.view()).toMatchObject({ microphone: "none", calls: [] });
  const asked = await ann.dial("2104");
  const ringing = await until("it rings", async () => {
    const [call] = await dan.calls();
    return call?.phase === "rings-here" ? call : undefined;
  });
  await dan.press("answer", ringing.id);
  expect(await dan.calls()).toMatchObject([{ phase: "rings-here" }]);
  await dan.press("hangUp", ringing.id);
  const ended = await until("it was declined", async () => {
    const call = (await ann.view()).calls.find(({ id }) => id === asked);
    return call?.phase === "ended" ? call : undefined;
  });
  expect(ended.ending).toBe("busy");
  await over();
});
