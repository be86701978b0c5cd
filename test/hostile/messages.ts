import { type Dice, diceOf } from "./dice.ts";
import { authorization, content, nameAddr, number, party, type Target, token, uri, via } from "./grammar.ts";

/** Whole messages of grammar.ts, and what becomes of them on a bad day. Pure: the same seed, the same bytes. */

const methods = [
  "INVITE",
  "INVITE",
  "INVITE",
  "REGISTER",
  "REGISTER",
  "OPTIONS",
  "ACK",
  "BYE",
  "CANCEL",
  "SUBSCRIBE",
  "NOTIFY",
  "MESSAGE",
  "REFER",
  "UPDATE",
  "PRACK",
  "INFO",
  "PUBLISH",
  "KDMQ",
  "invite",
  "",
  "NEWMETHOD'`~",
] as const;
const compact: Record<string, string> = {
  Via: "v",
  From: "f",
  To: "t",
  "Call-ID": "i",
  Contact: "m",
  "Content-Type": "c",
  "Content-Length": "l",
  Supported: "k",
  "Refer-To": "r",
};

/** Header fields beyond those that each message has. */
function extras(dice: Dice, target: Target): [string, string][] {
  const all: [string, () => string][] = [
    [
      "Contact",
      () =>
        dice.one(5)
          ? "*"
          : Array.from({ length: dice.one(20) ? 30 : 1 + dice.int(2) }, () => nameAddr(dice, target)).join(
              ", ",
            ),
    ],
    [
      "Route",
      () => `<sip:${dice.pick([target.service, target.source, "192.0.2.1"])}${dice.one(3) ? "" : ";lr"}>`,
    ],
    ["Record-Route", () => `<${uri(dice, target)}>`],
    ["Path", () => `<${uri(dice, target)}>`],
    ["Authorization", () => authorization(dice, target)],
    ["Proxy-Authorization", () => authorization(dice, target)],
    ["Expires", () => number(dice, "60")],
    ["Require", () => dice.pick(["100rel", "nothingSupportsThis", "", token(dice)])],
    ["Proxy-Require", () => dice.pick(["foo", "", token(dice)])],
    ["Supported", () => "replaces, timer, path, outbound"],
    ["Replaces", () => `${token(dice)};to-tag=${token(dice)};from-tag=${token(dice)}`],
    ["Refer-To", () => nameAddr(dice, target)],
    ["Event", () => dice.pick(["presence", "dialog", "", token(dice)])],
    ["Date", () => dice.pick(["Sat, 32 Nov 2026 25:61:61 GMT", "x", "Fri, 01 Jan 2010 16:00:00 EST"])],
    ["Timestamp", () => number(dice, "1.5")],
    ["Session-Expires", () => number(dice, "90")],
    ["Privacy", () => dice.pick(["id", "header;session", "x", ""])],
    ["P-Asserted-Identity", () => nameAddr(dice, target)],
    ["Diversion", () => nameAddr(dice, target)],
    ["X-Dialtone-Source", () => "198.18.0.1:5060"],
    ["X-Dialtone-Seal", () => token(dice)],
    ["User-Agent", () => dice.pick(["friendly-scanner", "x", token(dice)])],
    ["Warning", () => `399 x "${token(dice)}"`],
    ["RAck", () => `${number(dice, "1")} 1 INVITE`],
    [token(dice), () => token(dice)],
  ];
  const count = dice.one(60) ? 300 : dice.int(5);
  return Array.from({ length: count }, () => {
    const [name, value] = dice.pick(all as [(typeof all)[0], ...typeof all]);
    return [name, value()];
  });
}

/** One message by its grammar; the bytes of it are left alone. */
function spoken(dice: Dice, target: Target): string {
  const method = dice.pick(methods);
  const isAnswer = dice.one(12);
  const first = isAnswer
    ? `${dice.one(10) ? "SIP/3.0" : "SIP/2.0"} ${number(dice, dice.pick(["100", "180", "200", "302", "401", "486", "603"]))} ${token(dice)}`
    : `${method} ${uri(dice, target)} ${dice.one(25) ? dice.pick(["SIP/7.0", "sip/2.0", "", "SIP/2.0 x"]) : "SIP/2.0"}`;
  const [type, body] = dice.one(3) ? ["", ""] : content(dice, target);
  const length = dice.one(10)
    ? dice.pick(["-1", "0", "1", "99999", "4294967297", "x", ""])
    : String(body.length);
  const tagged = dice.one(4);
  const headers: [string, string][] = [
    ...Array.from({ length: dice.one(15) ? 1 + dice.int(80) : 1 }, (): [string, string] => [
      "Via",
      via(dice, target),
    ]),
    ["Max-Forwards", number(dice, "70")],
    ["From", party(dice, target, !dice.one(12))],
    ["To", party(dice, target, tagged)],
    ["Call-ID", dice.one(15) ? token(dice) : `${token(dice)}@${target.source}`],
    ["CSeq", `${number(dice, "1")} ${dice.one(12) ? dice.pick(methods) : method}`],
    ...extras(dice, target),
    ...(type === "" ? [] : [["Content-Type", type] as [string, string]]),
    ["Content-Length", length],
  ];
  const kept = headers
    .filter(() => !dice.one(40))
    .flatMap((header) => (dice.one(50) ? [header, header] : [header]));
  if (dice.one(10)) kept.sort(() => dice.int(3) - 1);
  const end = dice.one(40) ? dice.pick(["\n", "\r", "\r\r\n", "\n\r"]) : "\r\n";
  const lines = kept.map(([name, value]) => {
    const shown = dice.one(6) ? (compact[name] ?? name) : dice.one(30) ? name.toUpperCase() : name;
    const colon = dice.pick([": ", ": ", ": ", ":", " : ", dice.one(10) ? "" : ":\t"]);
    return `${shown}${colon}${dice.one(25) ? value.replace(" ", `${end} `) : value}`;
  });
  return `${[first, ...lines].join(end)}${end}${dice.one(40) ? "" : end}${body}`;
}

const bytes = [
  "\x00",
  "\r",
  "\n",
  "\r\n\r\n",
  "\xff",
  '"',
  "<",
  ">",
  ";",
  ",",
  ":",
  "@",
  "[",
  "\\",
  "%",
  "=",
  " ",
  "\t",
] as const;

/** Bytes changed, lost, doubled, moved; the end cut off. */
export function mutated(dice: Dice, text: string): string {
  let made = text;
  for (let count = 1 + dice.int(6); count > 0; count--) {
    const at = dice.int(made.length + 1);
    const length = 1 + dice.int(dice.one(8) ? 200 : 4);
    const before = made.slice(0, at);
    const after = made.slice(at);
    made = dice.pick([
      () => before + dice.pick(bytes) + after.slice(1),
      () => before + String.fromCharCode(dice.int(256)) + after.slice(1),
      () => before + dice.pick(bytes) + after,
      () => before + after.slice(length),
      () => before + after.slice(0, length) + after,
      () => (dice.one(4) ? before : made),
      () => before + dice.pick(bytes).repeat(dice.pick([10, 300, 5000])) + after,
    ])();
  }
  return made;
}

/** What fits into one datagram (RFC 768). */
const datagram = 65_000;

/** Message number `n` of a seed. @param samples whole messages of others (RFC 4475, RFC 5118), which are mutated as well */
export function hostileMessage(seed: number, n: number, target: Target, samples: readonly string[]): string {
  const dice = diceOf(seed * 1_000_003 + n);
  const sample = samples.length > 0 && dice.one(4) ? samples[dice.int(samples.length)] : undefined;
  const text = sample ?? spoken(dice, target);
  return (sample !== undefined || dice.one(3) ? mutated(dice, text) : text).slice(0, datagram);
}

/** The same bytes as TCP may bring them: in pieces, and several messages at once. */
export function pieces(seed: number, n: number, text: string): string[] {
  const dice = diceOf(seed * 7_919 + n);
  const count = dice.pick([1, 2, 5, 40]);
  const cuts = Array.from({ length: count - 1 }, () => dice.int(text.length + 1)).sort(
    (one, other) => one - other,
  );
  return [...cuts, text.length].map((cut, index) => text.slice(index === 0 ? 0 : cuts[index - 1], cut));
}
