/** Descriptions of audio (RFC 4566), as far as telephones with one stream of G.711 need them. Pure. */

export interface Sdp {
  address: string;
  port: number;
  direction: string;
}

/** Where the other side wants its audio; undefined without a usable description. RFC 4566 */
export function parseSdp(body: string): Sdp | undefined {
  const address = /^c=IN IP[46] (\S+)/m.exec(body)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(body)?.[1] ?? 0);
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(body)?.[1] ?? "sendrecv";
  return address && port > 0 ? { address, port, direction } : undefined;
}

const family = (address: string): string => (address.includes(":") ? "IP6" : "IP4");

/** The payload type of keys that are pressed (RFC 4733) in a description; undefined: they are not wanted. */
export const keysType = (body: string): string | undefined =>
  /^a=rtpmap:(\d+) telephone-event\/8000\s*$/m.exec(body)?.[1];

/** G.711 μ-law, one stream; `crypto`: as SRTP with this line (RFC 4568); `keys`: with keys of this payload type. */
export const sdp = (
  address: string,
  port: number,
  version: number,
  direction: string,
  crypto?: string,
  keys?: string,
): string =>
  [
    "v=0",
    `o=phone 1 ${version} IN ${family(address)} ${address}`,
    "s=-",
    `c=IN ${family(address)} ${address}`,
    "t=0 0",
    `m=audio ${port} ${crypto === undefined ? "RTP/AVP" : "RTP/SAVP"} 0${keys === undefined ? "" : ` ${keys}`}`,
    ...(crypto === undefined ? [] : [crypto]),
    "a=rtpmap:0 PCMU/8000",
    ...(keys === undefined ? [] : [`a=rtpmap:${keys} telephone-event/8000`, `a=fmtp:${keys} 0-15`]),
    "a=ptime:20",
    `a=${direction}`,
    "",
  ].join("\r\n");
