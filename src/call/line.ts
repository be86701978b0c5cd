import type { Decision, Target } from "./contract.ts";
import type { Scope } from "./remember.ts";

/**
 * A decision as Kamailio's script reads it: fields with `|` between them, which it takes by their place instead of
 * parsing a document again and again. Everything that the script would have to check or change is done here.
 *
 *     reject | scope | until | rule | code | reason
 *     serial or parallel | scope | until | rule | media | record | flags | caller | name | headers | targets
 *       and for each target: kind | address | via | timeout | headers
 *
 * scope: the first letter of `remember.scope`. until: Unix time, seconds. media: empty = the default. record: `r`; `x`:
 * it should be recorded, but there is no space. flags: `d` = some address is a host name, `f` = redirections are followed. name, headers:
 * percent-encoded; headers are lines as in a message. targets: their number. kind: `u` user, `a` address, `-` none that
 * can be used. timeout: ms, 0 = the default.
 */

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
  /^sips?:([^@]*@[^0-9@]|[^0-9@][^@]*$)/.test(uri ?? "");

function targetFields(target: Target): string[] {
  const rest = [String(target.timeout_ms ?? 0), headerLines(target.headers)];
  if (target.type === "user")
    return userPart.test(target.user) ? ["u", target.user, "", ...rest] : ["-", "", "", ...rest];
  // A tel: URI says no place to go to.
  const usable = target.via !== undefined || !target.uri.startsWith("tel:");
  return [usable ? "a" : "-", address(target.uri), address(target.via), ...rest];
}

/** Pure. */
export function scriptLine(decision: Decision): string {
  const { action, rule, remember } = decision;
  const memory = [scopeLetters[remember?.scope ?? "never"], String(remember?.until ?? 0)];
  const head = [...memory, plain(rule, 64)];
  if (action === "reject")
    return ["reject", ...head, String(decision.code), plain(decision.reason, 128) || "Rejected"].join("|");
  const { strategy, media, record, record_refused, redirects, caller_id, headers, targets } = decision;
  const presented = caller_id && callerPart.test(caller_id.number) ? caller_id : undefined;
  return [
    strategy,
    ...head,
    media ?? "",
    record ? (record_refused ? "x" : "r") : "",
    (targets.some((target) => target.type === "uri" && (namesHost(target.uri) || namesHost(target.via)))
      ? "d"
      : "") + (redirects === "follow" ? "f" : ""),
    presented?.number ?? "",
    encoded((presented?.name ?? "").replace(/["\\]/g, "").replace(controls, " ")),
    headerLines(headers),
    String(targets.length),
    ...targets.flatMap(targetFields),
  ].join("|");
}
