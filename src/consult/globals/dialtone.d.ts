/**
 * What a script of Dialtone is given, for editors and for the check when it is saved.
 *
 *     export function decide(call: Call, helpers: Helpers): Answer | undefined {
 *       if (call.number.startsWith("0900")) return { action: "reject", code: 403, reason: "Not Here" };
 *       return { action: "route", targets: [{ type: "user", user: "1001" }] };
 *     }
 *
 * Nothing, or `{ action: "next" }`: the rules after this one decide.
 */

/** The question: one call that arrived. */
interface Call {
  call_id: string;
  from: { user: string; domain: string; display?: string };
  to: { user: string; domain: string };
  request_uri: string;
  /** The dialled number, canonical. */
  number: string;
  source: { address: string; port: number };
  transport: "udp" | "tcp" | "tls" | "ws" | "wss";
  /** The user that proved itself with a password. */
  user?: string;
  /** RFC 3339. */
  time: string;
}

type Target =
  | { type: "user"; user: string; timeout_ms?: number; headers?: Record<string, string> }
  | { type: "uri"; uri: string; via?: string; timeout_ms?: number; headers?: Record<string, string> };

type Answer =
  | {
      action: "route";
      strategy?: "serial" | "parallel";
      targets: Target[];
      caller_id?: { number: string; name?: string };
      headers?: Record<string, string>;
      /** For reports: in the call's record and events. */
      tags?: Record<string, string>;
      record?: boolean;
      media?: "relay" | "nat" | "direct";
      redirects?: "follow" | "return";
      remember_s?: number;
    }
  | {
      action: "reject";
      code?: number;
      reason?: string;
      /** With 301 and 302: where to call instead. */
      contacts?: string[];
      tags?: Record<string, string>;
      remember_s?: number;
    }
  | { action: "next" };

interface Fetched {
  status: number;
  /** At most 64 KiB. */
  body: string;
}

interface Helpers {
  /** Asks a host that the script's `hosts` name; fails after `deadline_ms` (default: what is left of the script's own). */
  fetch(
    url: string,
    options?: {
      method?: "GET" | "POST";
      body?: string;
      headers?: Record<string, string>;
      deadline_ms?: number;
    },
  ): Promise<Fetched>;
  /** Who rings when a number of this service is dialled: its user; undefined: nobody. */
  userOf(number: string): Promise<string | undefined>;
  /** A user of this service: what it is called; undefined: there is none, or it is disabled. */
  user(name: string): Promise<{ name: string; display: string } | undefined>;
  /** What a number means that was dialled at a site (default: the default one), and of what kind it is. */
  number(dialled: string, site?: string): Promise<{ number: string; class?: NumberClass; country?: string }>;
  /** What each carrier asks now for a call of so many seconds (default: 180), the cheapest first. */
  prices(number: string, seconds?: number): Promise<Asked[]>;
  /** What a calendar says now, or at a time (RFC 3339); `day`: of the holiday or the own day. */
  calendar(name: string, at?: string): Promise<{ state: "open" | "closed" | "holiday"; day: string }>;
  /** The second column, or the one that is named, of a key's row; undefined: it has none. */
  table(name: string, key: string, column?: string): Promise<string | undefined>;
  /** Is this flag on? One that does not exist is off. */
  flag(name: string): Promise<boolean>;
}

type NumberClass =
  | "emergency"
  | "extension"
  | "short"
  | "local"
  | "national"
  | "mobile"
  | "free"
  | "shared"
  | "premium"
  | "international"
  | "name";

interface Asked {
  carrier: string;
  /** What is not `known` is no price: it has ended, is none for this time of the week, or the carrier takes no calls there. */
  state: "known" | "expired" | "gap" | "blocked";
  /** Of the destination. */
  name: string;
  currency: string;
  /** Money as text, such as "0.0123". */
  per_minute: string;
  cost: string;
  /** The cost in the money that prices are compared in; null: no exchange rate is known. */
  compared: string | null;
}

/** At most 4 KiB for each call: `dialtone script log NAME` shows the newest lines. */
declare const console: { log(...parts: unknown[]): void };
