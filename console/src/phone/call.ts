import type { UA } from "jssip";
import type { RTCSession } from "jssip/lib/RTCSession.js";
import { hearBeforeAck, type Inner, innerOf, takeInvites } from "./inner.ts";
import { type CallState, counted, type Happening, newCall, progress, renegotiation } from "./rescue.ts";
import { type CallView, endingOf } from "./view.ts";

/** One call: JsSIP's session, what a page shows of it, and the rescue of its audio. */

interface Uses {
  ua: UA;
  /** Its view has changed. */
  changed: () => void;
  /** It has ended, and is to be forgotten. */
  ended: () => void;
  /** Where its sound goes: deviceId of an audio output; "": the browser's choice. */
  speaker: () => string;
  /** The far end wants us to call somebody else (RFC 3515), or is to be replaced by somebody else (RFC 3891). */
  referred: (accept: (options: { mediaStream: MediaStream }) => void, reject: () => void) => void;
  replaced: (accept: (called: (session: RTCSession) => void) => void) => void;
}

export class PhoneCall {
  view: CallView;
  state: CallState;
  readonly session: RTCSession;
  private readonly inner: Inner;
  private readonly uses: Uses;
  private readonly audio = new Audio();
  /** What of ours is heard; ended with the call. */
  private microphone: MediaStream | undefined;

  constructor(session: RTCSession, uses: Uses) {
    const incoming = String(session.direction) === "incoming";
    const { uri, display_name: name } = session.remote_identity;
    this.session = session;
    this.inner = innerOf(session);
    this.uses = uses;
    this.state = { ...newCall, incoming };
    this.view = {
      id: session.id,
      phase: incoming ? "rings-here" : "calling",
      incoming,
      number: readable(uri.user ?? ""),
      name: name ?? "",
      muted: false,
      held: false,
      heldThere: false,
      rescuing: false,
      keys: "",
      transfer: undefined,
      beganAt: Date.now(),
      answeredAt: undefined,
      ending: undefined,
    };
    takeInvites(session, uses.ua);
    hearBeforeAck(session);
    this.listen();
  }

  get id(): string {
    return this.session.id;
  }

  get talks(): boolean {
    return this.view.phase === "talking";
  }

  /** The stream that was given to JsSIP. */
  speaksWith(stream: MediaStream): void {
    this.microphone = stream;
  }

  /** Another microphone, while it talks. */
  async changeMicrophone(stream: MediaStream): Promise<void> {
    const [track] = stream.getAudioTracks();
    const sender = this.session.connection?.getSenders().find((one) => one.track?.kind === "audio");
    if (!track || !sender) return;
    track.enabled = sender.track?.enabled ?? true;
    await sender.replaceTrack(track);
    this.silence();
    this.microphone = stream;
  }

  answer(stream: MediaStream): void {
    this.speaksWith(stream);
    this.session.answer({ mediaStream: stream, pcConfig });
  }

  /** Also declines, and ends an attempt. */
  hangUp(): void {
    if (!this.session.isEnded())
      this.session.terminate(this.view.phase === "rings-here" ? { status_code: 486 } : {});
  }

  /** At once for this side, for the other with the next re-INVITE, which is asked for until it is answered. */
  hold(held: boolean): void {
    if (!this.talks || this.inner._localHold === held) return;
    this.inner._localHold = held;
    if (held) this.inner._onhold("local");
    else this.inner._onunhold("local");
    this.happened({ what: "direction" });
  }

  mute(muted: boolean): void {
    if (muted) this.session.mute({ audio: true });
    else this.session.unmute({ audio: true });
  }

  /** Keys as tones in the audio (RFC 4733), which survive where INFO does not. */
  press(keys: string): void {
    const sender = this.session.connection?.getSenders().find(({ dtmf }) => dtmf)?.dtmf;
    if (!sender) return;
    // What has not been played yet would be forgotten.
    sender.insertDTMF(sender.toneBuffer + keys, 120, 70);
    this.show({ keys: this.view.keys + keys });
  }

  /**
   * The far end is to call `target`, in the place of the call `replaces` if there is one. We leave as soon as it talks there.
   * @param left both have left: `replaces` too is over
   */
  transfer(target: string, replaces: PhoneCall | undefined): void {
    this.show({ transfer: "asked" });
    const refused = () => this.show({ transfer: "refused" });
    this.session.refer(target, {
      ...(replaces && { replaces: replaces.session }),
      eventHandlers: {
        requestFailed: refused,
        failed: refused,
        accepted: () => {
          this.hangUp();
          replaces?.hangUp();
        },
      },
    });
  }

  /** Where exactly the far end is: one of a person's several telephones, if it says which (GRUU, RFC 5627). */
  get place(): string {
    const target = this.inner._dialog?._remote_target;
    return target?.hasParam("gr") ? target.toString() : this.session.remote_identity.uri.toString();
  }

  /** The other speaker was chosen. */
  async sound(): Promise<void> {
    // Not every browser can choose.
    if ("setSinkId" in this.audio) await this.audio.setSinkId(this.uses.speaker());
  }

  happened(happening: Happening): void {
    this.state = progress(this.state, happening, performance.now(), Math.random());
  }

  /** Asks for what it needs, over a connection that is open. */
  act(): void {
    const what = renegotiation(this.state, performance.now());
    if (what === undefined || !this.session.isReadyToReOffer()) return;
    this.happened({ what: "asked" });
    // (Its own `renegotiate` ends the call where the answer is no.)
    this.inner._sendReinvite({
      eventHandlers: {
        succeeded: () => this.happened({ what: "answered" }),
        failed: (answer) => this.happened({ what: "refused", glare: answer?.status_code === 491 }),
      },
      ...(what === "ice-restart" && { rtcOfferConstraints: { iceRestart: true } }),
    });
  }

  /** Another connection: everything that was agreed over the one before is agreed upon again. */
  reconnected(): void {
    // What was asked over the old one has no answer.
    if (this.inner._dialog) this.inner._dialog.uac_pending_reply = false;
    this.happened({ what: "socket-opened" });
  }

  /** How much audio has come? */
  async count(): Promise<void> {
    const pc = this.session.connection;
    if (!this.state.confirmed || !pc) return;
    for (const receiver of pc.getReceivers())
      for (const stat of (await receiver.getStats()).values()) {
        const { type, packetsReceived } = stat as { type: string; packetsReceived?: number };
        if (type === "inbound-rtp" && packetsReceived !== undefined)
          this.state = counted(this.state, packetsReceived, performance.now());
      }
    const rescuing = this.state.dueAt !== undefined;
    if (rescuing !== this.view.rescuing) this.show({ rescuing });
  }

  private show(change: Partial<CallView>): void {
    this.view = { ...this.view, ...change };
    this.uses.changed();
  }

  private silence(): void {
    for (const track of this.microphone?.getTracks() ?? []) track.stop();
  }

  private listen(): void {
    const { session, inner } = this;
    const hear = (pc: RTCPeerConnection) => {
      pc.addEventListener("track", ({ streams, track }) => {
        this.audio.srcObject = streams[0] ?? new MediaStream([track]);
        // It ends while it begins, or the speaker has gone: then the browser's choice is heard.
        this.sound()
          .catch(() => undefined)
          .then(() => this.audio.play())
          .catch(() => undefined);
      });
      pc.addEventListener("connectionstatechange", () => {
        if (pc.connectionState === "connected") this.happened({ what: "connected" });
        else if (pc.connectionState === "disconnected") this.happened({ what: "unanswered" });
      });
    };
    if (session.connection) hear(session.connection);
    session.on("peerconnection", ({ peerconnection }) => hear(peerconnection));
    session.on("progress", () => !this.view.incoming && this.show({ phase: "rings-there" }));
    session.on("confirmed", () => {
      // A re-INVITE that went to a dead host must not end the call half a minute later: the next one is under way.
      inner.onRequestTimeout = inner.onTransportError = () => undefined;
      this.happened({ what: "confirmed" });
      this.show({ phase: "talking", answeredAt: Date.now() });
    });
    session.on("reinvite", (offer) => {
      // Ours is under way (RFC 3261 14.2). JsSIP says so too, and goes on with theirs all the same.
      if (this.state.askedAt !== undefined)
        (offer as unknown as { reject: (why: { status_code: number }) => void }).reject({ status_code: 491 });
    });
    session.on("refer", ({ accept, reject }) => {
      const follow = accept as unknown as (called: undefined, options: { mediaStream: MediaStream }) => void;
      this.uses.referred(
        (options) => follow(undefined, { ...options, ...{ pcConfig } }),
        reject as unknown as () => void,
      );
    });
    session.on("replaces", ({ accept }) => {
      const follow = accept as unknown as (called: (session: RTCSession) => void) => void;
      this.uses.replaced(follow);
    });
    const onHold = () => {
      const { local, remote } = session.isOnHold();
      this.happened({ what: "quiet", quiet: local || remote });
      this.show({ held: local, heldThere: remote });
    };
    session.on("hold", onHold);
    session.on("unhold", onHold);
    session.on("muted", () => this.show({ muted: true }));
    session.on("unmuted", () => this.show({ muted: false }));
    const ended = ({ cause }: { cause: string }) => {
      this.audio.srcObject = null;
      this.silence();
      this.show({ phase: "ended", ending: endingOf(cause) });
      this.uses.ended();
    };
    session.on("ended", ended);
    session.on("failed", ended);
  }
}

export const pcConfig = { iceServers: [], rtcpMuxPolicy: "require" as const };

function readable(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user; // a stray % of somebody else's
  }
}
