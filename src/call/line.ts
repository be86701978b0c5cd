import type { Decision, Target } from "./contract.ts";
import type { Scope } from "./remember.ts";
import { withTags } from "./tags.ts";

/**
 * A decision as Kamailio's script reads it: fields with `|` between them, which it takes by their place instead of
 * parsing a document again and again. Everything that the script would have to check or change is done here.
 *
 *     reject | scope | until | rule | code | reason | take | contacts (with 3xx: Contact's value, percent-encoded) | who takes it
 *     serial or parallel | scope | until | rule | media | record | flags | caller | name | headers | targets
 *       and for each target: kind | address | via | timeout | headers
 *       and with the flag `s`: steps; with the flag `c`: carriers; with the flag `g`: pickup; with the flag `p`: slot,wait;
 *       with the flag `a`: who calls
 *
 * rule: with the decision's tags and the number that was meant (tags.ts). scope: the first letter of `remember.scope`. until: Unix time, seconds. media: empty = the default. record: `r`; `x`:
 * it should be recorded, but there is no space. flags: `d` = some address is a host name, `f` = redirections are followed,
 * `h` = the caller is hidden, `t` = tell when it rings, `a` = who calls is logged in at somebody else's telephone, `s` = targets have steps: for each target, with `;` between them, `step,outcomes,user` and perhaps `,delay`; outcomes after which it is
 * called are the first letters of their names, user is on whose behalf, or who is logged in at that telephone, delay is ms;
 * `c` = some target leads to a carrier. carriers: for each target, with `;` between them, nothing or `name,login,wait,codes`: what its login is
 * remembered by (empty: it has none), ms without any answer after which the next target is tried, and the answers after which
 * it is, with dots around each (`.403.5xx.`); and where one of these is not empty `,ways,caller,codecs`: letters (`a` P-Asserted-Identity, `r`
 * Remote-Party-ID, `t` it keeps hidden callers to itself, `e` 183 becomes 180, `k` 183 counts as ringing, `n` the next
 * carrier may be tried after ringing), the caller's number there, flags for rtpengine. name, headers:
 * percent-encoded; headers are lines as in a message. via of a user: `newest` or nothing. take: missing, or `=SLOT`, or the percent-encoded regular expression of what to take (sip/pickup.cfg).
 * pickup: for each target, with `;` between them, its pickup groups, with `@` before and `,` behind each, and before them who is
 * logged in there. wait: ms in the slot. targets: their number. kind: `u` user, `a` address, `n` number here, `-` none that
 * can be used. timeout: ms, 0 = the default.
 */

type Rejection = Extract<Decision, { action: "reject" }>;

const scopeLetters = {
  anyone: "a",
  user: "u",
  source: "s",
  caller: "c",
  never: "n",
} as const satisfies Record<Scope, string>;

/** Printable ASCII without the separator. */
const plain = (text: string, length: number): string => text.replace(/[^ -{}~]/gu, "?").slice(0, length);

/** For Kamailio's {s.urldecode.param}. Control characters are no part of a header's value. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed());

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get into a header
const controls = /[\u0000-\u001f\u007f]/g;

const headerLines = (headers: Record<string, string> | undefined): string =>
  encoded(
    Object.entries(headers ?? {})
      .map(([name, value]) => `${name}: ${value.replace(controls, " ")}`)
      .join("\r\n"),
  );

const address = (uri: string | undefined): string => (uri ?? "").replaceAll("|", "%7C");

/** What may stand before the @ of a SIP URI (RFC 3261 25.1), and IPv6's brackets. */
const userPart = /^[\]a-zA-Z0-9_.!~*'()&=+$,;?/%[-]+$/;
const callerPart = /^[a-zA-Z0-9_.!~*'()&=+$,;?/%#-]+$/;

/** Looking up a host name can take seconds. */
const namesHost = (uri: string | undefined): boolean =>
  /^sips?:([^@]*@[^0-9@[]|[^0-9@[][^@]*$)/.test(uri ?? "");

function targetFields(target: Target): string[] {
  const rest = [String(target.timeout_ms ?? 0), headerLines(target.headers)];
  if (target.type === "user")
    return userPart.test(target.user) && userPart.test(target.phone ?? "0")
      ? ["u", target.phone ?? target.user, target.newest ? "newest" : "", ...rest]
      : ["-", "", "", ...rest];
  if (target.type === "number") {
    const number = target.number.replace(/[%#]/g, encodeURIComponent);
    return userPart.test(number) ? ["n", number, "", ...rest] : ["-", "", "", ...rest];
  }
  // A tel: URI says no place to go to.
  const usable = target.via !== undefined || !target.uri.startsWith("tel:");
  return [usable ? "a" : "-", address(target.uri), address(target.via), ...rest];
}

const delayOf = (target: Target): number => (target.type === "user" ? (target.delay_ms ?? 0) : 0);

const hasSteps = (target: Target): boolean =>
  target.step !== undefined || target.type === "number" || delayOf(target) > 0;

/** On whose behalf a number is called, or who is logged in at a telephone. */
function behalfOf(target: Target): string {
  if (target.type === "number") return target.on_behalf_of ?? "";
  return target.type === "user" && target.phone !== undefined ? target.user : "";
}

const stepsOf = (targets: readonly Target[]): string =>
  targets
    .map((target) => {
      const behalf = behalfOf(target);
      const outcomes = (target.after ?? []).map((outcome) => outcome.charAt(0)).join("");
      const delay = delayOf(target);
      return [
        target.step ?? 0,
        outcomes,
        /^[A-Za-z0-9_.-]*$/.test(behalf) ? behalf : "",
        ...(delay > 0 ? [delay] : []),
      ].join(",");
    })
    .join(";");

const pickupField = (targets: readonly Target[]): string =>
  targets
    .map((target) =>
      target.type === "user" && target.pickup
        ? (target.phone === undefined ? "" : `${target.user},`) +
          target.pickup.map((group) => `@${group},`).join("")
        : "",
    )
    .join(";");

/** What is looked for among `,user,@group,` of the calls that ring. */
function takeField({ user, groups = [], slot }: NonNullable<Rejection["take"]>): string {
  if (slot !== undefined) return `=${slot}`;
  const names = [...(user === undefined ? [] : [user]), ...groups.map((group) => `@${group}`)];
  const escaped = names.map((name) => name.replace(/[^A-Za-z0-9_@]/g, "[$&]"));
  return encoded(`,(${escaped.join("|")}),`);
}

/** To whatever an emergency call gets, but 6xx. */
const anyFailure = ["3xx", "4xx", "5xx"];

const carriersField = (targets: readonly Target[], known: CarrierFacts, emergency: boolean): string =>
  targets
    .map((target) => {
      const facts = target.type === "uri" && target.carrier !== undefined ? known(target.carrier) : undefined;
      if (!facts || target.type !== "uri") return "";
      const { name, login, waitMs, nextOn, ways = "", codecs = [] } = facts;
      const all = [name, login, String(waitMs), `.${(emergency ? anyFailure : nextOn).join(".")}.`];
      // Nobody's ringing ends the search for help.
      const rare = [
        emergency && !ways.includes("n") ? `${ways}n` : ways,
        target.shows ?? "",
        codecFlags(codecs),
      ];
      return (rare.some((text) => text !== "") ? [...all, ...rare] : all).join(",");
    })
    .join(";");

/** As rtpengine takes them: in this order, and no others. */
const codecFlags = (codecs: readonly string[]): string =>
  codecs.length === 0 ? "" : ["codec-strip-all", ...codecs.map((codec) => `codec-offer-${codec}`)].join(" ");

/** What Kamailio has to know of a carrier; undefined: there is none of this name (any more). */
export type CarrierFacts = (name: string) =>
  | {
      name: string;
      login: string;
      waitMs: number;
      nextOn: readonly string[];
      /** Letters of what is particular to it, see above. */
      ways?: string;
      /** Which codecs it is offered; none: all. */
      codecs?: readonly string[];
    }
  | undefined;

/** Pure. */
export function scriptLine(decision: Decision, carriers: CarrierFacts = () => undefined): string {
  const { action, rule, remember, tags, meant } = decision;
  const memory = [scopeLetters[remember?.scope ?? "never"], String(remember?.until ?? 0)];
  const head = [...memory, withTags(plain(rule, 64), tags, meant)];
  if (action === "reject")
    return [
      "reject",
      ...head,
      String(decision.code),
      plain(decision.reason, 128) || "Rejected",
      ...(decision.take || decision.contacts ? [decision.take ? takeField(decision.take) : ""] : []),
      ...(decision.contacts ? [encoded(decision.contacts.map((uri) => `<${uri}>`).join(", "))] : []),
      ...(decision.take?.by !== undefined && callerPart.test(decision.take.by) ? ["", decision.take.by] : []),
    ].join("|");
  const { strategy, media, record, record_refused, redirects, caller_id, headers, targets, park } = decision;
  const as = decision.as !== undefined && callerPart.test(decision.as) ? decision.as : undefined;
  const inSteps = targets.some(hasSteps);
  const through = carriersField(targets, carriers, decision.emergency === true);
  const toCarriers = /[^;]/.test(through);
  const canBeTaken = targets.some((target) => target.type === "user" && target.pickup !== undefined);
  const presented = caller_id && callerPart.test(caller_id.number) ? caller_id : undefined;
  return [
    strategy,
    ...head,
    media ?? "",
    record ? (record_refused ? "x" : "r") : "",
    (targets.some((target) => target.type === "uri" && namesHost(target.via ?? target.uri)) ? "d" : "") +
      (redirects === "follow" ? "f" : "") +
      (decision.hide_caller ? "h" : "") +
      (decision.tell_ringing ? "t" : "") +
      (inSteps ? "s" : "") +
      (toCarriers ? "c" : "") +
      (canBeTaken ? "g" : "") +
      (park ? "p" : "") +
      (as === undefined ? "" : "a"),
    presented?.number ?? "",
    encoded((presented?.name ?? "").replace(/["\\]/g, "").replace(controls, " ")),
    headerLines(headers),
    String(targets.length),
    ...targets.flatMap(targetFields),
    ...(inSteps ? [stepsOf(targets)] : []),
    ...(toCarriers ? [through] : []),
    ...(canBeTaken ? [pickupField(targets)] : []),
    ...(park ? [`${park.slot},${park.wait_ms}`] : []),
    ...(as === undefined ? [] : [as]),
  ].join("|");
}
