import { randomUUID } from "node:crypto";

/** SIP messages, RFC 3261 7: text to plain data and back. Pure. */

/** Name in its long form and lower case, value. */
export type Header = [name: string, value: string];

export interface SipMessage {
  /** Request or status line. */
  first: string;
  /** Status code; 0: a request. */
  code: number;
  /** Method of the request, or of the CSeq of a response. */
  method: string;
  headers: Header[];
  body: string;
}

/** 7.3.3, 20, and the compact forms of RFC 3265, 3515, 3841, 3892, 4028, 4474. */
const compact: Record<string, string> = {
  a: "accept-contact",
  b: "referred-by",
  c: "content-type",
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact",
  k: "supported",
  l: "content-length",
  m: "contact",
  o: "event",
  r: "refer-to",
  s: "subject",
  t: "to",
  u: "allow-events",
  v: "via",
  x: "session-expires",
  y: "identity",
};

/** 7.3.1: a line that begins with white space goes on with the one before. */
const unfolded = (head: string): string => (/\n[ \t]/.test(head) ? head.replace(/\r\n[ \t]+/g, " ") : head);

/** Tolerant: what is no header line is left out; `isWhole` says whether the rest will do. */
export function parseMessage(text: string): SipMessage {
  const split = text.indexOf("\r\n\r\n");
  const head = split < 0 ? text : text.slice(0, split);
  const [first = "", ...lines] = unfolded(head).split("\r\n");
  const headers = lines.flatMap((line): Header[] => {
    const colon = line.indexOf(":");
    if (colon < 1) return [];
    const name = line.slice(0, colon).trim().toLowerCase();
    return [[compact[name] ?? name, line.slice(colon + 1).trim()]];
  });
  const code = Number(/^SIP\/2\.0 (\d{3})(?: |$)/.exec(first)?.[1] ?? 0);
  const cseq = headers.find(([name]) => name === "cseq")?.[1] ?? "";
  const method = code ? (cseq.split(/\s+/)[1] ?? "") : (first.split(" ")[0] ?? "");
  return { first, code, method, headers, body: split < 0 ? "" : text.slice(split + 4) };
}

/** What every message has (8.1.1), and a request line or status line that is one. */
export const isWhole = (message: SipMessage): boolean =>
  (message.code >= 100 || / \S+ SIP\/2\.0$/.test(message.first)) &&
  ["via", "from", "to", "call-id"].every((name) => one(message, name) !== "") &&
  cseqOf(message).method === message.method &&
  Number.isInteger(cseqOf(message).number);

/** How names are written, where it is not each word with a capital; the others are added as they are met. */
const written = new Map([
  ["call-id", "Call-ID"],
  ["cseq", "CSeq"],
  ["rack", "RAck"],
  ["rseq", "RSeq"],
  ["www-authenticate", "WWW-Authenticate"],
]);
function nameOf(name: string): string {
  const known = written.get(name);
  if (known !== undefined) return known;
  const made = name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  // Names come from others too, and may be many.
  if (written.size < 200) written.set(name, made);
  return made;
}

/** As it goes over the line; Content-Length is counted here (in bytes of UTF-8). */
export const serialise = (message: SipMessage): string =>
  [
    message.first,
    ...message.headers
      .filter(([name]) => name !== "content-length")
      .map(([name, value]) => `${nameOf(name)}: ${value}`),
    `Content-Length: ${Buffer.byteLength(message.body)}`,
    "",
    message.body,
  ].join("\r\n");

const withBody = (headers: Header[], body: string): Header[] =>
  body !== "" && !headers.some(([name]) => name === "content-type")
    ? [...headers, ["content-type", "application/sdp"]]
    : headers;

/** A request. Its Via is the transaction's (transactions/layer.ts). A body is SDP unless its type is said. */
export const request = (method: string, uri: string, headers: Header[], body = ""): SipMessage => ({
  first: `${method} ${uri} SIP/2.0`,
  code: 0,
  method,
  headers: withBody(headers, body),
  body,
});

export const reasons: Record<number, string> = {
  100: "Trying",
  180: "Ringing",
  183: "Session Progress",
  200: "OK",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  480: "Temporarily Unavailable",
  481: "Call/Transaction Does Not Exist",
  486: "Busy Here",
  487: "Request Terminated",
  488: "Not Acceptable Here",
  491: "Request Pending",
  500: "Server Internal Error",
  503: "Service Unavailable",
};

/** A response, with what is copied of the request (8.2.6.2, 12.1.1). @param tag ours, for a To that has none yet */
export function response(
  to: SipMessage,
  code: number,
  options: { reason?: string; tag?: string; headers?: Header[]; body?: string } = {},
): SipMessage {
  const target = one(to, "to");
  const tagged = tagOf(target) === "" && options.tag !== undefined ? `${target};tag=${options.tag}` : target;
  const copied = (name: string): Header[] => all(to, name).map((value) => [name, value]);
  const dialog = code > 100 && code < 300;
  const headers: Header[] = [
    ...copied("via"),
    ...(dialog ? copied("record-route") : []),
    ["from", one(to, "from")],
    ["to", tagged],
    ["call-id", one(to, "call-id")],
    ["cseq", one(to, "cseq")],
    ...(options.headers ?? []),
  ];
  const body = options.body ?? "";
  return {
    first: `SIP/2.0 ${code} ${options.reason ?? reasons[code] ?? ""}`,
    code,
    method: cseqOf(to).method,
    headers: withBody(headers, body),
    body,
  };
}

/** All values of a header field, by its long name in lower case. */
export const all = (message: SipMessage, name: string): string[] =>
  message.headers.flatMap(([key, value]) => (key === name ? [value] : []));
export const one = (message: SipMessage, name: string): string =>
  message.headers.find(([key]) => key === name)?.[1] ?? "";

export const tagOf = (value: string): string =>
  /;\s*tag=([^;>\s]+)/.exec(value.replace(/^.*>/, ""))?.[1] ?? "";
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(";")[0] ?? value;
export const requestUri = (message: SipMessage): string => message.first.split(" ")[1] ?? "";
/** For tags, branches and Call-IDs: 64 bits of chance. */
export const token = (): string => {
  const uuid = randomUUID();
  return uuid.slice(0, 8) + uuid.slice(-8);
};

/** `number` is NaN where there is none. */
export function cseqOf(message: SipMessage): { number: number; method: string } {
  const match = /^(\d+)\s+(\S+)$/.exec(one(message, "cseq"));
  return { number: Number(match?.[1] ?? Number.NaN), method: match?.[2] ?? "" };
}

/** Values of a header field that may be joined by commas (7.3.1): not those in quotes or brackets. */
export const values = (joined: string[]): string[] =>
  joined
    .flatMap((value) => value.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [])
    .map((value) => value.trim())
    .filter((value) => value !== "");

/** Route headers can carry several addresses, separated by commas outside of brackets. */
export const addresses = (joined: string[]): string[] =>
  values(joined).filter((value) => value.includes("<"));

export interface Via {
  transport: string;
  host: string;
  /** 5060 when it is not said. */
  port: number;
  branch: string;
  /** Undefined: not asked for; empty: asked for (RFC 3581). */
  rport: string | undefined;
  received: string | undefined;
}

const viaParts = {
  branch: /;\s*branch\s*=\s*([^;,\s]*)/i,
  rport: /;\s*rport(?:\s*=\s*([^;,\s]*))?(?=\s*(?:;|,|$))/i,
  received: /;\s*received\s*=\s*([^;,\s]*)/i,
};

/** The topmost Via; undefined when it is none. */
export function topVia(message: SipMessage): Via | undefined {
  const joined = one(message, "via");
  const value = joined.includes(",") ? (values([joined])[0] ?? "") : joined;
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*(\w+)\s+(\[[^\]]+\]|[^:;\s]+)(?:\s*:\s*(\d+))?/i.exec(value);
  if (!match) return undefined;
  const rport = viaParts.rport.exec(value);
  return {
    transport: (match[1] ?? "").toUpperCase(),
    host: match[2] ?? "",
    port: Number(match[3] ?? 5060),
    branch: viaParts.branch.exec(value)?.[1] ?? "",
    rport: rport ? (rport[1] ?? "") : undefined,
    received: viaParts.received.exec(value)?.[1],
  };
}
