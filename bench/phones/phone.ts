import type { Place } from "../../src/callers/sipp.ts";

/** What is asked of every telephone. A step that does not come about throws an Error. */
export interface Phone extends AsyncDisposable {
  readonly kind: string;
  readonly user: string;
  /** The tone that it says all the time, Hz. */
  readonly tone: number;
  registered(): Promise<void>;
  call(user: string): Promise<void>;
  /** The other side has called and was answered. */
  answered(): Promise<void>;
  hold(): Promise<void>;
  resume(): Promise<void>;
  /** Both digits, by RFC 4733. */
  dial(digits: string): Promise<void>;
  received(digits: string): Promise<void>;
  /** Sends the other side of its call to somebody else (REFER, RFC 3515). */
  transfer(user: string): Promise<void>;
  /** Puts its call on hold and calls somebody else. Undefined, as the others below: it has no command for it. */
  consult?(user: string): Promise<void>;
  /** Connects the two (REFER with Replaces, RFC 5589 7). */
  join?(): Promise<void>;
  /** Goes on in the same call with this codec alone (re-INVITE, RFC 3264 8.3.2). */
  change?(codec: string): Promise<void>;
  /** Says that it sends with this codec now. */
  sends?(codec: string): Promise<void>;
  hangUp(): Promise<void>;
  /** The other side has hung up, or this one's call is over. */
  over(): Promise<void>;
  /** Before each call: what it says and hears from now on is this call's. */
  begin(): void;
  /** What it heard in the last call: a WAV file. */
  recording(): string;
}

export interface PhoneSetup {
  place: Place;
  service: string;
  user: string;
  password: string;
  tone: number;
  port: number;
  /** Where its files lie. */
  directory: string;
  /** In order of preference, as SDP names them. */
  codecs: string[];
  /** Rings until it is told otherwise, or by the call itself (RFC 5373); else it answers at once. */
  rings?: boolean;
}
