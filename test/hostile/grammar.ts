import type { Dice } from "./dice.ts";

/**
 * The pieces of a SIP message (RFC 3261 25), mostly as they should be, sometimes as they must not be: what parsers have
 * stumbled over is a likely piece in an unlikely place. Pure; text stands for bytes (latin1).
 */

/** Where the message is sent, and who is spoken of. */
export interface Target {
  /** The service address. */
  service: string;
  /** The sender, so that answers come back. */
  source: string;
  port: number;
  transport: "UDP" | "TCP";
  /** Names that exist, and numbers that lead somewhere are none of them. */
  users: readonly [string, ...string[]];
}

const numbers = [
  "0",
  "-1",
  "1",
  "5060",
  "65535",
  "65536",
  "4294967295",
  "4294967296",
  "99999999999999999999",
  "1e3",
  "",
] as const;
const words = [
  "a",
  "x y",
  "%00",
  "%",
  "%zz",
  "%0d%0a",
  "\x00",
  "\xff\xfe",
  "é",
  '"',
  "\\",
  "'",
  "|",
  ";",
  "<",
  ">",
  "$(rm)",
  "%s%n%x",
  "{s.len}",
  "../../etc",
] as const;

/** Ordinary for the most part. */
export const token = (dice: Dice): string => {
  if (dice.one(12)) return dice.pick(words);
  if (dice.one(80)) return "x".repeat(dice.pick([255, 256, 257, 1023, 4096, 9000]));
  return `t${dice.int(1_000_000_000).toString(36)}`;
};

export const number = (dice: Dice, usual: string): string => (dice.one(10) ? dice.pick(numbers) : usual);

const host = (dice: Dice, target: Target): string =>
  dice.one(4)
    ? dice.pick([
        "0.0.0.0",
        "255.255.255.255",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[2001:db8::1",
        "2001:db8::1",
        "[::ffff:192.0.2.1]",
        "[2001:db8:::192.0.2.1]",
        "a..b",
        "-",
        "",
        "192.0.2.256",
        "example.invalid",
        `${"a.".repeat(130)}b`,
        "192.0.2.1:5060:5060",
      ])
    : target.service;

const parameter = (dice: Dice): string => {
  const name = dice.pick([
    "transport",
    "user",
    "lr",
    "maddr",
    "ttl",
    "method",
    "rport",
    "received",
    "tag",
    "branch",
    "expires",
    "q",
    "ob",
    "gr",
    "alias",
    "ftag",
    "vsf",
    "on",
    "st",
    "md",
    "k",
    token(dice),
  ]);
  const value = dice.pick([
    "tcp",
    "udp",
    "tls",
    "ws",
    "phone",
    "1",
    "0.5",
    "127.0.0.1",
    '"',
    '"quoted;"',
    token(dice),
    number(dice, "7"),
  ]);
  return dice.one(5) ? `;${name}` : `;${name}=${value}`;
};
const parameters = (dice: Dice): string =>
  Array.from({ length: dice.one(40) ? 60 : dice.int(3) }, () => parameter(dice)).join("");

export function uri(dice: Dice, target: Target): string {
  if (dice.one(15))
    return dice.pick([
      "",
      "*",
      "sip:",
      "sip:@",
      "sip:;",
      "sips:x@",
      "tel:+41441234567;phone-context=x",
      "urn:service:sos",
      "http://x/",
      "nobodyKnowsThisScheme:x",
      "sip:a@b@c",
      "sip:x@[",
      "sip:1@h?Route=%3Csip:x%3E&Body=y",
      "<sip:x@y>",
    ]);
  const user = dice.one(3) ? dice.pick(target.users) : token(dice);
  const port = dice.one(6) ? `:${number(dice, "5060")}` : "";
  const password = dice.one(20) ? `:${token(dice)}` : "";
  return `sip:${user}${password}@${host(dice, target)}${port}${parameters(dice)}${dice.one(25) ? `?${token(dice)}=${token(dice)}` : ""}`;
}

export function nameAddr(dice: Dice, target: Target): string {
  if (dice.one(20))
    return dice.pick([
      "",
      "<",
      ">",
      "<>",
      '"',
      '"x',
      '"x" <',
      "sip:x",
      ",",
      ";tag=1",
      "<sip:x@y",
      "x <y> z <sip:a@b>",
    ]);
  const display = dice.pick([
    "",
    "",
    "Bob ",
    '"Bob" ',
    `"${token(dice)}" `,
    '"\\"\\\\" ',
    `"${"y".repeat(dice.one(20) ? 3000 : 20)}" `,
  ]);
  return dice.one(10) ? uri(dice, target) : `${display}<${uri(dice, target)}>`;
}

export const party = (dice: Dice, target: Target, tagged: boolean): string =>
  `${nameAddr(dice, target)}${tagged ? `;tag=${token(dice)}` : ""}${dice.one(10) ? parameters(dice) : ""}`;

export const via = (dice: Dice, target: Target): string => {
  const version = dice.one(25) ? dice.pick(["SIP/1.0", "SIP / 2.0", "HTTP/1.1", "SIP/2.0/", ""]) : "SIP/2.0";
  const transport = dice.one(25) ? dice.pick(["SCTP", "TLS-SCTP", "WSS", "UNKNOWN", ""]) : target.transport;
  const by = dice.one(12) ? host(dice, target) : target.source;
  const branch = dice.one(15)
    ? dice.pick(["", "z9hG4bK", ";branch", "x", "z9hG4bK;branch=z9hG4bK"])
    : `z9hG4bK${token(dice)}`;
  return `${version}/${transport} ${by}:${number(dice, String(target.port))};rport;branch=${branch}${dice.one(15) ? parameters(dice) : ""}`;
};

const realm = (dice: Dice, target: Target): string => (dice.one(6) ? token(dice) : target.service);

export function authorization(dice: Dice, target: Target): string {
  if (dice.one(8))
    return dice.pick([
      "",
      "Digest",
      "Digest ,",
      "Basic dXNlcjpwYXNz",
      'Digest username="',
      "Digest =",
      "Bearer x",
    ]);
  const pairs = [
    `username="${dice.one(2) ? dice.pick(target.users) : token(dice)}"`,
    `realm="${realm(dice, target)}"`,
    `nonce="${dice.pick([token(dice), "Z".repeat(48), "", "00000000"])}"`,
    `uri="${uri(dice, target)}"`,
    `response="${dice.pick(["0".repeat(32), "g".repeat(32), "f".repeat(64), "", token(dice)])}"`,
    `algorithm=${dice.pick(["MD5", "MD5-sess", "SHA-256", "x", ""])}`,
    `qop=${dice.pick(["auth", '"auth"', "auth-int", "x"])}`,
    `nc=${dice.pick(["00000001", "ffffffff", "1", "-", ""])}`,
    `cnonce="${token(dice)}"`,
  ];
  return `Digest ${pairs.filter(() => !dice.one(8)).join(dice.one(20) ? " " : ", ")}`;
}

/** Session description (RFC 4566), with what relays have stumbled over. */
export function sdp(dice: Dice, target: Target): string {
  const address = dice.pick([
    target.source,
    target.source,
    "0.0.0.0",
    "127.0.0.1",
    "255.255.255.255",
    "::1",
    "x",
    "",
    host(dice, target),
  ]);
  const lines = [
    `v=${number(dice, "0")}`,
    `o=- ${number(dice, "1")} ${number(dice, "1")} IN ${dice.pick(["IP4", "IP4", "IP6", "IP5", ""])} ${address}`,
    `s=${dice.one(5) ? token(dice) : "-"}`,
    `c=IN ${dice.pick(["IP4", "IP4", "IP6", "X"])} ${address}${dice.one(15) ? "/127/3" : ""}`,
    `t=${number(dice, "0")} 0`,
    ...Array.from({ length: dice.one(30) ? 70 : 1 + dice.int(3) }, () => [
      `m=${dice.pick(["audio", "audio", "video", "image", "application", token(dice)])} ${number(dice, "40000")}${dice.one(15) ? "/2" : ""} ${dice.pick(["RTP/AVP", "RTP/AVP", "RTP/SAVP", "RTP/SAVPF", "udptl", "TCP/MSRP", ""])} ${dice.pick(["0 8 101", "0", "9", "96 97", "t38", "", "999", Array.from({ length: 140 }, (_, i) => i).join(" ")])}`,
      ...Array.from({ length: dice.int(5) }, () => attribute(dice)),
    ]).flat(),
  ].filter(() => !dice.one(20));
  if (dice.one(15)) lines.sort();
  return `${lines.join(dice.one(15) ? "\n" : "\r\n")}\r\n`;
}

const attribute = (dice: Dice): string =>
  `a=${dice.pick([
    "rtpmap:101 telephone-event/8000",
    "rtpmap:",
    "rtpmap:96 opus/48000/2",
    "fmtp:101 0-16",
    "sendonly",
    "inactive",
    "ptime:0",
    "ptime:99999",
    "rtcp:0",
    "rtcp:53020 IN IP6 ::",
    "rtcp-mux",
    "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
    "crypto:x",
    "candidate:1 1 UDP 2130706431 127.0.0.1 1 typ host",
    "candidate:",
    "ice-ufrag:x",
    "fingerprint:sha-256 00",
    "setup:actpass",
    "group:BUNDLE a b",
    "mid:a",
    `x-${token(dice)}:${token(dice)}`,
  ])}`;

/** Content-Type and body. */
export function content(dice: Dice, target: Target, depth = 0): [type: string, body: string] {
  if (dice.one(4) && depth < 4) {
    const boundary = dice.one(6) ? dice.pick(["", "x y", "--", token(dice)]) : "unique-boundary-1";
    const parts = Array.from({ length: 1 + dice.int(dice.one(20) ? 40 : 3) }, () => {
      const [type, body] = content(dice, target, depth + 1);
      return `--${boundary}\r\nContent-Type: ${type}\r\n${dice.one(4) ? "Content-Disposition: session;handling=required\r\n" : ""}${dice.one(20) ? "" : "\r\n"}${body}\r\n`;
    });
    return [
      `multipart/${dice.pick(["mixed", "related", "alternative", ""])};boundary=${dice.pick([boundary, `"${boundary}"`])}`,
      `${parts.join("")}${dice.one(8) ? "" : `--${boundary}--\r\n`}`,
    ];
  }
  if (dice.one(5))
    return [
      dice.pick([
        "application/pidf+xml",
        "application/isup;version=itu-t92+",
        "message/sipfrag",
        "text/plain",
        "x",
        "",
        "a/b/c",
      ]),
      token(dice),
    ];
  return [dice.one(20) ? 'application/SDP;charset="' : "application/sdp", sdp(dice, target)];
}
