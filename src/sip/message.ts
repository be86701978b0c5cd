import { randomBytes } from "node:crypto";

/** SIP messages as text, RFC 3261 7: just enough for telephones of drills and tests. Pure. */

export interface SipMessage {
  /** Request or status line. */
  first: string;
  /** Status code; 0: a request. */
  code: number;
  /** Method of the request, or of the CSeq of a response. */
  method: string;
  headers: [name: string, value: string][];
  body: string;
}

const compact: Record<string, string> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  m: "contact",
  c: "content-type",
};

export function parseMessage(text: string): SipMessage {
  const split = text.indexOf("\r\n\r\n");
  const head = split < 0 ? text : text.slice(0, split);
  const [first = "", ...lines] = head.split("\r\n");
  const headers = lines.flatMap((line): [string, string][] => {
    const colon = line.indexOf(":");
    if (colon < 1) return [];
    const name = line.slice(0, colon).trim().toLowerCase();
    return [[compact[name] ?? name, line.slice(colon + 1).trim()]];
  });
  const code = Number(/^SIP\/2\.0 (\d{3})/.exec(first)?.[1] ?? 0);
  const cseq = headers.find(([name]) => name === "cseq")?.[1] ?? "";
  const method = code ? (cseq.split(" ")[1] ?? "") : (first.split(" ")[0] ?? "");
  return { first, code, method, headers, body: split < 0 ? "" : text.slice(split + 4) };
}

/** All values of a header field, by its long name in lower case. */
export const all = (message: SipMessage, name: string): string[] =>
  message.headers.filter(([key]) => key === name).map(([, value]) => value);
export const one = (message: SipMessage, name: string): string => all(message, name)[0] ?? "";

export const tagOf = (value: string): string => /;\s*tag=([^;>\s]+)/.exec(value)?.[1] ?? "";
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(";")[0] ?? value;
export const token = (): string => randomBytes(8).toString("hex");

/** Route headers can carry several addresses, separated by commas outside of brackets. */
export const addresses = (values: string[]): string[] =>
  values.flatMap((value) => value.match(/<[^>]*>[^,]*/g) ?? []).map((value) => value.trim());

export const write = (lines: string[], body = ""): string =>
  [
    ...lines,
    ...(body ? ["Content-Type: application/sdp"] : []),
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");

export interface Sdp {
  address: string;
  port: number;
  direction: string;
}

/** Where the other side wants its audio; undefined without a usable description. RFC 4566 */
export function parseSdp(body: string): Sdp | undefined {
  const address = /^c=IN IP4 (\S+)/m.exec(body)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(body)?.[1] ?? 0);
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(body)?.[1] ?? "sendrecv";
  return address && port > 0 ? { address, port, direction } : undefined;
}

/** G.711 μ-law, one stream; `crypto`: as SRTP with this line (RFC 4568). */
export const sdp = (
  address: string,
  port: number,
  version: number,
  direction: string,
  crypto?: string,
): string =>
  [
    "v=0",
    `o=phone 1 ${version} IN IP4 ${address}`,
    "s=-",
    `c=IN IP4 ${address}`,
    "t=0 0",
    `m=audio ${port} ${crypto === undefined ? "RTP/AVP" : "RTP/SAVP"} 0`,
    ...(crypto === undefined ? [] : [crypto]),
    "a=rtpmap:0 PCMU/8000",
    "a=ptime:20",
    `a=${direction}`,
    "",
  ].join("\r\n");
