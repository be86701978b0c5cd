import { UA } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession.js";
import { PhoneCall, pcConfig } from "./call.ts";
import { registerAgain, sayAgain } from "./inner.ts";
import { NoMicrophone, openMicrophone } from "./microphone.ts";
import { doubtful } from "./rescue.ts";
import { Ringer } from "./ringer.ts";
import { SipSocket } from "./sip-socket.ts";
import type { CallView, Credential, PhoneView } from "./view.ts";

/** The telephone: JsSIP with a connection of our own below it (sip-socket.ts), its calls (call.ts), its login. */

interface Options {
  /** `wss://HOST/ws` */
  url: string;
  credential: () => Promise<Credential>;
  /** Something has changed that a page shows. */
  changed: (view: PhoneView) => void;
  /** Names this browser's telephone for as long as its storage lives (RFC 5626 4.1). */
  instance: string;
}

/** A login is renewed so long before its end. */
const renewMs = 300_000;
/** Refused, or no app at the moment: again after so long, twice as long each time. */
const againMs = 2000;
const againAtMostMs = 60_000;
/** A REGISTER that was not answered: again after so long, twice as long each time. */
const registerMs = 3000;
const registerAtMostMs = 30_000;
/** A call that has ended is shown for so long, so that one reads why. */
const epilogueMs = 6000;

/** An UUID in letters, the same for the same telephone. */
export function instanceOf(storage: Pick<Storage, "getItem" | "setItem">): string {
  const key = "dialtone-telephone";
  const known = storage.getItem(key);
  if (known !== null) return known;
  const made = crypto.randomUUID();
  storage.setItem(key, made);
  return made;
}

export class Phone {
  private readonly options: Options;
  private readonly socket: SipSocket;
  private readonly calls = new Map<string, PhoneCall>();
  private readonly epilogues = new Map<string, CallView>();
  private readonly ringer = new Ringer();
  private ua: UA | undefined;
  private shown: Omit<PhoneView, "calls"> = { registration: "off", why: undefined, microphone: undefined };
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private registering: ReturnType<typeof setTimeout> | undefined;
  private refusals = 0;
  private counting = false;
  private wasOpen = false;
  /** deviceId; undefined: the browser's choice. */
  microphone: string | undefined;
  speaker = "";
  private domain = "";

  constructor(options: Options) {
    this.options = options;
    this.socket = new SipSocket(options.url);
    this.socket.onopen = () => this.opened();
    this.socket.onlost = (why) => {
      if (this.shown.registration === "registered") this.show({ registration: "connecting", why });
    };
    this.socket.ontick = () => this.tick();
  }

  /** Registers. @throws what `credential` throws */
  async start(): Promise<void> {
    this.show({ registration: "connecting", why: undefined });
    const given = await this.options.credential();
    this.domain = given.domain;
    const ua = new UA({
      sockets: this.socket,
      uri: `sip:${encodeURIComponent(given.user)}@${given.domain}`,
      display_name: given.display,
      authorization_user: given.login,
      password: given.password,
      realm: given.realm,
      instance_id: this.options.instance,
      register: true,
      register_expires: 120,
      session_timers: false,
      user_agent: "dialtone console",
    });
    this.ua = ua;
    ua.on("registered", () => {
      this.refusals = 0;
      clearTimeout(this.registering);
      this.show({ registration: "registered", why: undefined });
    });
    ua.on("registrationFailed", ({ cause, response }) => {
      // (Its types say that there is always one.)
      if (!(response as unknown)) {
        this.show({ registration: "connecting", why: String(cause) });
        this.assure();
        return;
      }
      clearTimeout(this.registering);
      this.show({ registration: "refused", why: String(cause) });
      // A login that has ended while the computer slept, a node that was busy: JsSIP itself would not try again.
      this.renewAfter(this.patience());
    });
    ua.on("newRTCSession", ({ session }: { session: RTCSession }) => this.add(session));
    ua.start();
    this.assure();
    this.renewAt(given.until);
  }

  stop(): void {
    clearTimeout(this.renewal);
    clearTimeout(this.registering);
    this.hangUpAll();
    this.ua?.stop();
    this.ua = undefined;
    this.ringer.ring(false);
    // What it says last goes out first, and is answered (JsSIP waits 2 s).
    setTimeout(() => this.socket.close(), 2500);
    this.show({ registration: "off", why: undefined });
  }

  /** A page that goes away takes its audio with it: the others should know. */
  hangUpAll(): void {
    for (const call of this.calls.values()) call.hangUp();
  }

  /** @returns the call's id; undefined: no microphone, which is shown. @throws Error when it is not started */
  async dial(number: string): Promise<string | undefined> {
    const { ua } = this;
    if (!ua) throw new Error("the telephone is not registered");
    const stream = await this.listenIn();
    if (!stream) return undefined;
    this.holdOthers(undefined);
    const target = `sip:${encodeURIComponent(number)}@${this.domain}`;
    const { id } = ua.call(target, { mediaStream: stream, pcConfig });
    this.calls.get(id)?.speaksWith(stream);
    return id;
  }

  async answer(id: string): Promise<void> {
    const call = this.calls.get(id);
    if (call?.view.phase !== "rings-here") return;
    const stream = await this.listenIn();
    if (!stream) return;
    this.holdOthers(id);
    // It may have stopped ringing meanwhile.
    if (this.calls.has(id)) call.answer(stream);
    else for (const track of stream.getTracks()) track.stop();
  }

  /** There are calls. */
  get calling(): boolean {
    return this.calls.size > 0;
  }

  hangUp(id: string): void {
    this.calls.get(id)?.hangUp();
  }

  hold(id: string, held: boolean): void {
    if (!held) this.holdOthers(id);
    this.calls.get(id)?.hold(held);
  }

  mute(id: string, muted: boolean): void {
    this.calls.get(id)?.mute(muted);
  }

  press(id: string, keys: string): void {
    this.calls.get(id)?.press(keys);
  }

  /** Blind: the far end calls `number` (RFC 3515). */
  transfer(id: string, number: string): void {
    this.calls.get(id)?.transfer(`sip:${encodeURIComponent(number)}@${this.domain}`, undefined);
  }

  /** Attended: the far ends of two calls talk to each other (RFC 3891). */
  join(id: string, other: string): void {
    const [one, two] = [this.calls.get(id), this.calls.get(other)];
    if (one && two) one.transfer(two.place, two);
  }

  /** @param device deviceId of an audio input; undefined: the browser's choice. Calls use it too. */
  async speakInto(device: string | undefined): Promise<void> {
    this.microphone = device;
    for (const call of this.calls.values()) {
      const stream = call.talks ? await this.listenIn() : undefined;
      if (stream) await call.changeMicrophone(stream);
    }
  }

  /** @param device deviceId of an audio output; "": the browser's choice */
  async speakThrough(device: string): Promise<void> {
    this.speaker = device;
    await Promise.all([...this.calls.values()].map((call) => call.sound()));
  }

  /** Of a call that talks: how loud this side and the far one are now, 0 to 1. */
  async levels(id: string): Promise<{ here: number; there: number }> {
    const pc = this.connectionOf(id);
    const found = { here: 0, there: 0 };
    for (const stat of pc ? (await pc.getStats()).values() : []) {
      const { type, audioLevel } = stat as { type: string; audioLevel?: number };
      if (audioLevel === undefined) continue;
      if (type === "media-source") found.here = audioLevel;
      else if (type === "inbound-rtp") found.there = audioLevel;
    }
    return found;
  }

  connectionOf(id: string): RTCPeerConnection | undefined {
    return this.calls.get(id)?.session.connection;
  }

  /** As after a host's death. For measurements. */
  reconnect(): void {
    this.socket.replace();
  }

  private show(change: Partial<Omit<PhoneView, "calls">>): void {
    this.shown = { ...this.shown, ...change };
    this.tell();
  }

  private tell(): void {
    const live = [...this.calls.values()].map(({ view }) => view);
    this.ringer.ring(live.some(({ phase }) => phase === "rings-here"));
    this.options.changed({ ...this.shown, calls: [...live, ...this.epilogues.values()] });
  }

  private async listenIn(): Promise<MediaStream | undefined> {
    try {
      const { stream, gone } = await openMicrophone(this.microphone);
      this.show({ microphone: gone ? "gone" : undefined });
      for (const track of stream.getAudioTracks())
        track.addEventListener("ended", () => this.show({ microphone: "gone" }));
      return stream;
    } catch (error) {
      if (!(error instanceof NoMicrophone)) throw error;
      this.show({ microphone: error.fault });
      return undefined;
    }
  }

  private holdOthers(id: string | undefined): void {
    for (const [other, call] of this.calls) if (other !== id && call.talks) call.hold(true);
  }

  private patience(): number {
    return Math.min(againMs * 2 ** this.refusals++, againAtMostMs);
  }

  private renewAt(until: number): void {
    this.renewAfter(Math.max(againMs, until * 1000 - Date.now() - renewMs));
  }

  /** Another login; calls go on meanwhile. */
  private renewAfter(ms: number): void {
    clearTimeout(this.renewal);
    const renew = async () => {
      const given = await this.options.credential();
      const { ua } = this;
      if (!ua) return;
      ua.set("authorization_user", given.login);
      ua.set("password", given.password);
      if (this.socket.open && this.shown.registration === "refused") registerAgain(ua);
      this.renewAt(given.until);
    };
    // No app at the moment, or nobody is logged in any more.
    this.renewal = setTimeout(() => void renew().catch(() => this.renewAfter(this.patience())), ms);
  }

  private add(session: RTCSession): void {
    const { ua } = this;
    if (!ua) return;
    const call = new PhoneCall(session, {
      ua,
      changed: () => this.tell(),
      ended: () => this.forget(call),
      speaker: () => this.speaker,
      referred: (accept, reject) => void this.follow(accept, reject),
      // Whom we talk to gives us to somebody else: no need to ring.
      replaced: (accept) => accept(({ id }) => void this.answer(id)),
    });
    this.calls.set(session.id, call);
    this.socket.calls(this.calls.size);
    this.tell();
  }

  private async follow(
    accept: (options: { mediaStream: MediaStream }) => void,
    reject: () => void,
  ): Promise<void> {
    const stream = await this.listenIn();
    if (!stream) return reject();
    const before = new Set(this.calls.keys());
    accept({ mediaStream: stream });
    for (const [id, call] of this.calls) if (!before.has(id)) call.speaksWith(stream);
  }

  private forget(call: PhoneCall): void {
    this.calls.delete(call.id);
    this.epilogues.set(call.id, call.view);
    setTimeout(() => {
      this.epilogues.delete(call.id);
      this.tell();
    }, epilogueMs);
    this.socket.calls(this.calls.size);
    this.tell();
  }

  private opened(): void {
    for (const call of this.calls.values()) call.reconnected();
    this.act();
    const { ua } = this;
    // JsSIP itself registers over the first.
    if (ua && this.wasOpen) {
      sayAgain(ua);
      registerAgain(ua);
      this.assure();
    }
    this.wasOpen = true;
  }

  /** Until it is registered, or refused. */
  private assure(ms = registerMs): void {
    clearTimeout(this.registering);
    this.registering = setTimeout(() => {
      if (!this.ua) return;
      if (this.socket.open) registerAgain(this.ua);
      this.assure(Math.min(2 * ms, registerAtMostMs));
    }, ms);
  }

  private act(): void {
    if (this.socket.open) for (const call of this.calls.values()) call.act();
  }

  private tick(): void {
    this.act();
    if (this.counting) return;
    this.counting = true;
    void this.count().finally(() => {
      this.counting = false;
    });
  }

  private async count(): Promise<void> {
    for (const call of this.calls.values()) await call.count();
    const states = [...this.calls.values()].map(({ state }) => state);
    this.socket.doubt(doubtful(states, performance.now()));
  }
}
