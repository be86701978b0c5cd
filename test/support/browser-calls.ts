import { setTimeout as delay } from "node:timers/promises";
import { inNamespace } from "../../src/callers/sipp.ts";
import { startTelephones, type Telephones } from "../../src/callers/softphone/client.ts";
import { routeKnown, routePrefix } from "../../src/drills/api.ts";
import { labGround } from "../../src/drills/ground.ts";
import {
  browserKinds,
  type Cell,
  noticeOf,
  type OtherCalls,
  recordFault,
} from "../../src/drills/survival.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { outsideHost } from "../../src/lab/names.ts";
import { type BrowserPhone, BrowserPhones } from "./browser-phones.ts";

/**
 * Calls of the console's telephone for the survival matrix: one calls a telephone, one is called by it, two talk to each other. One
 * Chromium for all faults.
 */

const users = ["2201", "2202", "2203", "2204"] as const;
const number = "99791";
/** Packets in half a second, of 25: less is hardly heard. */
const audible = 8;
/** Who is silent so long after the look is silent for good: a browser gives up ICE after 17 s (decision 14). */
const silentMs = 20_000;
const [calls, called, both] = browserKinds;

interface Ends {
  kind: string;
  browsers: BrowserPhone[];
  /** The telephone at the other end. */
  side?: "caller" | "callee";
}

export class BrowserCalls implements OtherCalls, AsyncDisposable {
  private readonly lab: Lab;
  private readonly telephones: Telephones;
  private readonly browsers: BrowserPhones;
  private readonly phones: BrowserPhone[];
  private readonly ends: Ends[];
  private readonly gaps = new Map<string, number>();

  private constructor(lab: Lab, telephones: Telephones, browsers: BrowserPhones, phones: BrowserPhone[]) {
    this.lab = lab;
    this.telephones = telephones;
    this.browsers = browsers;
    this.phones = phones;
    const [one, two, three, four] = phones as [BrowserPhone, BrowserPhone, BrowserPhone, BrowserPhone];
    this.ends = [
      { kind: calls, browsers: [one], side: "callee" },
      { kind: called, browsers: [two], side: "caller" },
      { kind: both, browsers: [three, four] },
    ];
  }

  static async open(lab: Lab): Promise<BrowserCalls> {
    const { api } = labGround(lab);
    for (const name of users) await api("PUT", `/v1/users/${name}`, { password: "a long password" });
    const state = lab.state();
    const outside = state.hosts[outsideHost];
    const [caller, callee] = (outside?.addresses ?? []).slice(-4).map((address) => address.split("/")[0]);
    if (!outside || !caller || !callee) throw new Error("the lab has no place for telephones");
    await routePrefix(lab.name, "survival-browser", number, `${callee}:5098`);
    await routeKnown(lab, number, 10_000);
    const telephones = await startTelephones(inNamespace(outside.namespace, caller), {
      service: { address: state.service, port: 5060 },
      caller: { address: caller, port: 5099, transport: "udp" },
      callee: { address: callee, port: 5098, transport: "udp" },
      number: users[1],
    });
    const browsers = await BrowserPhones.open(lab);
    const phones = await Promise.all(users.map((user) => browsers.phone(user)));
    return new BrowserCalls(lab, telephones, browsers, phones);
  }

  async begin(): Promise<void> {
    for (const phone of this.phones) {
      await phone.registered();
      await phone.hangUp();
    }
    const [one, two, three, four] = this.phones;
    await one?.dial(number);
    if ((await this.telephones.calls({ count: 1 })).length !== 1)
      throw new Error(`${two?.user} did not answer before the fault`);
    await three?.dial(four?.user ?? "");
    for (const phone of this.phones) await phone.talks();
  }

  async mark(): Promise<void> {
    await this.telephones.mark();
    await Promise.all(this.phones.map((phone) => phone.mark()));
  }

  async look(): Promise<void> {
    const { legs } = await this.telephones.report();
    for (const { kind, browsers, side } of this.ends) {
      const gaps = await Promise.all(browsers.map(async (phone) => (await phone.heard()).gapMs));
      for (const { stream } of legs.filter((leg) => leg.side === side))
        gaps.push(
          stream.received > 0 ? Math.max(stream.maxGapMs, stream.silentMs ?? 0) : Number.MAX_SAFE_INTEGER,
        );
      this.gaps.set(kind, Math.max(...gaps));
    }
  }

  async end(): Promise<Record<string, Cell>> {
    const cells: Record<string, Cell> = {};
    for (const ends of this.ends) cells[ends.kind] = await this.judge(ends);
    const { legs } = await this.telephones.report();
    await this.telephones.close(legs.map(({ callId }) => callId));
    return cells;
  }

  /** Half a second of audio, at all ends. */
  private async listen(browsers: BrowserPhone[], side: Ends["side"]) {
    await this.telephones.mark();
    const heard = await Promise.all(browsers.map((phone) => phone.hears(500)));
    const { legs } = await this.telephones.report();
    const leg = legs.find((one) => one.side === side);
    const deaf =
      heard.some((packets) => packets < audible) || (leg !== undefined && leg.stream.received < audible);
    return { heard, leg, deaf };
  }

  private async judge({ kind, browsers, side }: Ends): Promise<Cell> {
    let gapMs = this.gaps.get(kind) ?? Number.MAX_SAFE_INTEGER;
    const faults: string[] = [];
    const deadline = performance.now() + silentMs;
    let { heard, leg, deaf } = await this.listen(browsers, side);
    while (deaf && performance.now() < deadline) {
      ({ heard, leg, deaf } = await this.listen(browsers, side));
      const gaps = await Promise.all(browsers.map(async (phone) => (await phone.heard()).gapMs));
      gapMs = Math.max(gapMs, ...gaps, leg ? Math.max(leg.stream.maxGapMs, leg.stream.silentMs ?? 0) : 0);
    }
    const talking = await Promise.all(
      browsers.map(async (phone) => (await phone.calls()).filter(({ phase }) => phase === "talking").length),
    );
    const lost = talking.some((count) => count !== 1) || (side !== undefined && leg?.state !== "up");
    if (lost)
      faults.push(
        `ended by itself: ${talking.join(", ")} calls in browsers${leg ? `, telephone ${leg.state} ${leg.why}` : ""}`,
      );
    if (deaf)
      faults.push(
        `packets in 500 ms: browser ${heard.join(", ")}${leg ? `, telephone ${leg.stream.received}` : ""}`,
      );
    // Half of them are ended by the telephone.
    if (side === "caller" && leg) {
      const codes = await this.telephones.bye([leg.callId], side);
      if (codes.some((code) => code !== 200)) faults.push(`BYE answered with ${codes.join(", ")}`);
    } else await browsers[0]?.press("hangUpAll");
    for (const phone of browsers) await phone.idle();
    if (leg) {
      await delay(200);
      const ended = (await this.telephones.report()).legs.find((one) => one.callId === leg.callId);
      const wrong = ended && (await recordFault(this.lab, leg.callId, ended));
      if (wrong !== undefined) faults.push(`record: ${wrong}`);
    }
    for (const phone of browsers) await phone.hangUp();
    const notice = lost ? "the call is lost" : deaf ? "silence; the call can be hung up" : noticeOf(gapMs);
    return { notice, gapMs, faults };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browsers[Symbol.asyncDispose]();
    await this.telephones[Symbol.asyncDispose]();
  }
}
