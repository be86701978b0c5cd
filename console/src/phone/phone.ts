import { UA } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession.js";
import {
  type CallState,
  counted,
  doubtful,
  type Happening,
  newCall,
  progress,
  renegotiation,
} from "./rescue.ts";
import { SipSocket } from "./sip-socket.ts";

/** The telephone: JsSIP with a connection of our own below it, and the rescue of calls whose host has died. */

/** What `GET /v1/phone/credential` answers. */
export interface Credential {
  user: string;
  display: string;
  login: string;
  password: string;
  realm: string;
  domain: string;
  path: string;
  /** Unix time in seconds. */
  until: number;
}

export type CallPhase = "rings-here" | "calling" | "rings-there" | "talking" | "ended";

/** One call as a page shows it. */
export interface CallView {
  id: string;
  phase: CallPhase;
  incoming: boolean;
  number: string;
  name: string;
  muted: boolean;
  /** By this side. */
  held: boolean;
  heldThere: boolean;
  /** Audio is missing and being brought back. */
  rescuing: boolean;
  /** Epoch ms. */
  beganAt: number;
  answeredAt: number | undefined;
  /** How it ended, in JsSIP's words. */
  cause: string | undefined;
}

export interface PhoneView {
  registration: "off" | "connecting" | "registered" | "refused";
  /** Why it is not registered. */
  why: string | undefined;
  calls: CallView[];
}

interface Options {
  /** `wss://HOST/ws` */
  url: string;
  credential: () => Promise<Credential>;
  /** Something has changed that a page shows. */
  changed: (view: PhoneView) => void;
  /** Names this browser's telephone for as long as its storage lives (RFC 5626 4.1). */
  instance: string;
}

/** What JsSIP has and does not tell in its types. */
interface Inner {
  _sendReinvite: (options: {
    eventHandlers: { succeeded: () => void; failed: () => void };
    rtcOfferConstraints?: RTCOfferOptions;
  }) => void;
  _dialog?: { uac_pending_reply: boolean };
  onRequestTimeout: () => void;
  onTransportError: () => void;
}

interface Call {
  view: CallView;
  session: RTCSession;
  state: CallState;
  audio: HTMLAudioElement;
}

/** A login is renewed so long before its end. */
const renewMs = 300_000;

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
  private readonly calls = new Map<string, Call>();
  private ua: UA | undefined;
  private registration: PhoneView["registration"] = "off";
  private why: string | undefined;
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private counting = false;
  private wasOpen = false;
  /** deviceId of the microphone; missing: the browser's choice. */
  microphone: string | undefined;
  private speaker = "";
  private domain = "";

  constructor(options: Options) {
    this.options = options;
    this.socket = new SipSocket(options.url);
    this.socket.onopen = () => this.opened();
    this.socket.onlost = (why) => {
      this.why = why;
      if (this.registration === "registered") this.registration = "connecting";
      this.tell();
    };
    this.socket.ontick = () => this.tick();
  }

  /** Registers. @throws what `credential` throws */
  async start(): Promise<void> {
    this.registration = "connecting";
    this.tell();
    const given = await this.options.credential();
    this.domain = given.domain;
    const ua = new UA({
      sockets: this.socket,
      uri: `sip:${given.user}@${given.domain}`,
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
    ua.on("registered", () => this.registered("registered", undefined));
    ua.on("registrationFailed", ({ cause }) => this.registered("refused", String(cause)));
    ua.on("newRTCSession", ({ session }: { session: RTCSession }) => this.add(session));
    ua.start();
    this.renewAt(given.until);
  }

  stop(): void {
    clearTimeout(this.renewal);
    this.ua?.stop();
    this.ua = undefined;
    this.socket.close();
    this.registered("off", undefined);
  }

  /** @throws Error when it is not started */
  dial(number: string): string {
    const { ua } = this;
    if (!ua) throw new Error("the telephone is not registered");
    return ua.call(`sip:${encodeURIComponent(number)}@${this.domain}`, this.media()).id;
  }

  answer(id: string): void {
    this.holdOthers(id);
    this.calls.get(id)?.session.answer(this.media());
  }

  /** Also declines, and ends an attempt. */
  hangUp(id: string): void {
    const call = this.calls.get(id);
    if (call && !call.session.isEnded())
      call.session.terminate(call.view.phase === "rings-here" ? { status_code: 486 } : {});
  }

  hold(id: string, held: boolean): void {
    const session = this.calls.get(id)?.session;
    if (held) session?.hold();
    else {
      this.holdOthers(id);
      session?.unhold();
    }
  }

  mute(id: string, muted: boolean): void {
    const session = this.calls.get(id)?.session;
    if (muted) session?.mute({ audio: true });
    else session?.unmute({ audio: true });
  }

  /** Digits as tones in the audio (RFC 4733), which survive where INFO does not. */
  tone(id: string, digits: string): void {
    const sender = this.calls
      .get(id)
      ?.session.connection?.getSenders()
      .find(({ dtmf }) => dtmf);
    sender?.dtmf?.insertDTMF(digits, 120, 70);
  }

  /** Blind: the far end calls `number` (RFC 3515). */
  transfer(id: string, number: string): void {
    this.calls.get(id)?.session.refer(`sip:${encodeURIComponent(number)}@${this.domain}`);
  }

  /** Attended: the far ends of two calls talk to each other (RFC 3891). */
  join(id: string, other: string): void {
    const [one, two] = [this.calls.get(id)?.session, this.calls.get(other)?.session];
    if (one && two) one.refer(two.remote_identity.uri, { replaces: two });
  }

  /** @param device deviceId of an audio output; "": the browser's choice */
  async speakThrough(device: string): Promise<void> {
    this.speaker = device;
    await Promise.all([...this.calls.values()].map(({ audio }) => this.sound(audio)));
  }

  /** Of a call that talks: how loud this side and the far one are now, 0 to 1. */
  async levels(id: string): Promise<{ here: number; there: number }> {
    const pc = this.calls.get(id)?.session.connection;
    const found = { here: 0, there: 0 };
    for (const stat of pc ? (await pc.getStats()).values() : []) {
      const { type, audioLevel } = stat as { type: string; audioLevel?: number };
      if (audioLevel === undefined) continue;
      if (type === "media-source") found.here = audioLevel;
      else if (type === "inbound-rtp") found.there = audioLevel;
    }
    return found;
  }

  /** For measurements. */
  connectionOf(id: string): RTCPeerConnection | undefined {
    return this.calls.get(id)?.session.connection;
  }

  private media() {
    return {
      mediaConstraints: {
        audio: this.microphone === undefined ? true : { deviceId: this.microphone },
        video: false,
      },
      pcConfig: { iceServers: [], rtcpMuxPolicy: "require" as const },
    };
  }

  private async sound(audio: HTMLAudioElement): Promise<void> {
    // Not every browser can choose.
    if (this.speaker !== "" && "setSinkId" in audio) await audio.setSinkId(this.speaker);
  }

  private holdOthers(id: string): void {
    for (const [other, { session, view }] of this.calls)
      if (other !== id && view.phase === "talking" && !view.held) session.hold();
  }

  private registered(registration: PhoneView["registration"], why: string | undefined): void {
    this.registration = registration;
    this.why = why;
    this.tell();
  }

  /** Calls go on meanwhile. */
  private renewAt(until: number): void {
    clearTimeout(this.renewal);
    this.renewal = setTimeout(
      () => {
        this.options
          .credential()
          .then((given) => {
            this.ua?.set("authorization_user", given.login);
            this.ua?.set("password", given.password);
            this.renewAt(given.until);
          })
          .catch(() => this.renewAt(Date.now() / 1000 + renewMs / 1000 + 15)); // no app at the moment: again in 15 s
      },
      Math.max(1000, until * 1000 - Date.now() - renewMs),
    );
  }

  private add(session: RTCSession): void {
    const incoming = String(session.direction) === "incoming";
    const { uri, display_name: name } = session.remote_identity;
    const call: Call = {
      session,
      state: { ...newCall, incoming },
      audio: new Audio(),
      view: {
        id: session.id,
        phase: incoming ? "rings-here" : "calling",
        incoming,
        number: decodeURIComponent(uri.user ?? ""),
        name: name ?? "",
        muted: false,
        held: false,
        heldThere: false,
        rescuing: false,
        beganAt: Date.now(),
        answeredAt: undefined,
        cause: undefined,
      },
    };
    this.calls.set(session.id, call);
    this.socket.calls(this.calls.size);
    const show = (change: Partial<CallView>) => {
      call.view = { ...call.view, ...change };
      this.tell();
    };
    const listen = (pc: RTCPeerConnection) => {
      pc.addEventListener("track", ({ streams, track }) => {
        call.audio.srcObject = streams[0] ?? new MediaStream([track]);
        void this.sound(call.audio).then(() => call.audio.play());
      });
      pc.addEventListener("connectionstatechange", () => {
        if (pc.connectionState === "connected") this.happened(call, { what: "connected" });
      });
    };
    if (session.connection) listen(session.connection);
    session.on("peerconnection", ({ peerconnection }) => listen(peerconnection));
    session.on("progress", () => !incoming && show({ phase: "rings-there" }));
    session.on("confirmed", () => {
      // A re-INVITE that went to a dead host must not end the call half a minute later: the next one is under way.
      const inner = session as unknown as Inner;
      inner.onRequestTimeout = inner.onTransportError = () => undefined;
      this.happened(call, { what: "confirmed" });
      show({ phase: "talking", answeredAt: Date.now() });
    });
    const onHold = () => {
      const { local, remote } = session.isOnHold();
      this.happened(call, { what: "quiet", quiet: local || remote });
      show({ held: local, heldThere: remote });
    };
    session.on("hold", onHold);
    session.on("unhold", onHold);
    session.on("muted", () => show({ muted: true }));
    session.on("unmuted", () => show({ muted: false }));
    const ended = ({ cause }: { cause: string }) => {
      call.audio.srcObject = null;
      show({ phase: "ended", cause });
      this.calls.delete(session.id);
      this.socket.calls(this.calls.size);
      this.tell();
    };
    session.on("ended", ended);
    session.on("failed", ended);
    this.tell();
  }

  private happened(call: Call, happening: Happening): void {
    call.state = progress(call.state, happening, performance.now());
  }

  /** Another connection: everything that was agreed over the one before is agreed upon again. */
  private opened(): void {
    for (const call of this.calls.values()) {
      const { _dialog: dialog } = call.session as unknown as Inner;
      // What was asked over the old one has no answer.
      if (dialog) dialog.uac_pending_reply = false;
      this.happened(call, { what: "socket-opened" });
    }
    this.act();
    const { ua } = this;
    // JsSIP itself registers over the first.
    if (!ua || !this.wasOpen) {
      this.wasOpen = true;
      return;
    }
    (ua.registrator() as unknown as { _registering: boolean })._registering = false;
    ua.register();
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
    for (const call of this.calls.values()) {
      const pc = call.session.connection;
      if (!call.state.confirmed || !pc) continue;
      for (const receiver of pc.getReceivers())
        for (const stat of (await receiver.getStats()).values()) {
          const { type, packetsReceived } = stat as { type: string; packetsReceived?: number };
          if (type === "inbound-rtp" && packetsReceived !== undefined)
            call.state = counted(call.state, packetsReceived, performance.now());
        }
    }
    const now = performance.now();
    this.socket.doubt(
      doubtful(
        [...this.calls.values()].map(({ state }) => state),
        now,
      ),
    );
    for (const call of this.calls.values()) {
      const rescuing = call.state.dueAt !== undefined;
      if (rescuing !== call.view.rescuing) {
        call.view = { ...call.view, rescuing };
        this.tell();
      }
    }
  }

  /** Asks for what calls need. */
  private act(): void {
    if (!this.socket.open) return;
    for (const call of this.calls.values()) {
      const { session } = call;
      const what = renegotiation(call.state, performance.now());
      if (what === undefined || !session.isReadyToReOffer()) continue;
      this.happened(call, { what: "asked" });
      // (Its own `renegotiate` ends the call where the answer is no.)
      (session as unknown as Inner)._sendReinvite({
        eventHandlers: {
          succeeded: () => this.happened(call, { what: "answered" }),
          failed: () => this.happened(call, { what: "refused" }),
        },
        ...(what === "ice-restart" && { rtcOfferConstraints: { iceRestart: true } }),
      });
    }
  }

  private tell(): void {
    const { registration, why } = this;
    this.options.changed({ registration, why, calls: [...this.calls.values()].map(({ view }) => view) });
  }
}
