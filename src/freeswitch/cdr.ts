import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

/**
 * A call record of FreeSWITCH (mod_json_cdr, mod_xml_cdr), however it was encoded, cut down to the fields that matter.
 * Each leg of a call makes one.
 */

/** A body that is no record of a leg. */
export class CdrError extends Error {
  constructor(why: string) {
    super(`no call record of FreeSWITCH: ${why}`);
    this.name = "CdrError";
  }
}

/** The table of what is kept: variables of the channel. All else is left out (SDP, audio statistics, headers of strangers). */
const keptVariables = [
  "uuid",
  "direction",
  "channel_name",
  // Whose leg this is, where it was made for another.
  "originator",
  "originating_leg_uuid",
  "sip_call_id",
  "sip_from_tag",
  "sip_to_tag",
  "sip_from_uri",
  "sip_to_uri",
  "sip_req_uri",
  "sip_network_ip",
  "sip_network_port",
  "sip_authorized",
  "start_uepoch",
  "answer_uepoch",
  "progress_uepoch",
  "end_uepoch",
  "hangup_cause",
  "sip_term_status",
  "sip_invite_failure_status",
  "sip_hangup_disposition",
  "bridge_channel",
  // Legs that the last bridge made: `uuid;name;number` and `uuid;CAUSE`, several as `ARRAY::one|:other`.
  "originated_legs",
  "originate_causes",
] as const;
type Kept = (typeof keptVariables)[number];

/** Ours (dialplan.ts, directory.ts). */
const ourVariable = /^dialtone_(rule|status|user|step|(targets|carriers|causes|at)_[0-9]{1,2})$/;

/** One leg's facts, by the names of its variables; a variable that it has not is missing. */
export type Leg = Partial<Record<Kept, string>> & { uuid: string; ours: Readonly<Record<string, string>> };

const variablesSchema = z.looseObject({ variables: z.record(z.string(), z.unknown()) });

const xmlParser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  // mod_xml_cdr escapes values for URLs; what is left are XML's own five.
  processEntities: true,
});

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isText = (text: string): boolean => /^\s*[{<]/.test(text);

/**
 * What was encoded: `cdr=` and a URL-encoded, base64 or plain text, or the text alone, also without `cdr=` as it lies in err-log-dir. The
 * content type says nothing: with disable-100-continue the modules send another one than they mean. @throws CdrError
 */
function decoded(body: string): { text: string; loose: boolean } {
  const text = body.replace(/^\s*cdr=/, "").trim();
  if (isText(text)) return { text, loose: false };
  if (/^%(7B|3C)/i.test(text)) return { text: unescaped(text), loose: /^%7B/i.test(text) };
  const plain = /^[A-Za-z0-9+/=\s]+$/.test(text) ? Buffer.from(text, "base64").toString("utf8") : "";
  if (isText(plain)) return { text: plain, loose: false };
  throw new CdrError("neither JSON nor XML, nor one of them URL-encoded or as base64");
}

/**
 * mod_json_cdr with `encode` on escapes its JSON for a URL, but leaves alone what is escaped already (switch_url_encode): quotes and line ends
 * in values come out as if they were JSON's own. So the variables are read one by one. Whoever calls himself `","hangup_cause":"X` could
 * tell us what he likes: a variable that matters and comes with two values makes the whole record worthless. (`encode=base64` has
 * none of this; `dialtone freeswitch init` writes that.) @throws CdrError
 */
function looseVariables(text: string): Record<string, unknown> {
  const begin = text.indexOf('"variables":{');
  const end = text.search(/\},"(app_log|callflow)":/);
  if (begin < 0 || end < begin || !/\}\s*$/.test(text)) throw new CdrError("it is cut off");
  const found = new Map<string, string>();
  const section = `,${text.slice(begin + '"variables":{'.length, end)},"`;
  for (const [, name = "", value = ""] of section.matchAll(/(?<=,)"([A-Za-z0-9_-]+)":"([\s\S]*?)"(?=,")/g)) {
    const before = found.get(name);
    if (before !== undefined && before !== value && matters(name))
      throw new CdrError(`${name} stands in it with two values: set encode to base64 in json_cdr.conf.xml`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

const wanted: ReadonlySet<string> = new Set(keptVariables);
const matters = (name: string): boolean => wanted.has(name) || ourVariable.test(name);

function parsed({ text, loose }: { text: string; loose: boolean }): Record<string, unknown> {
  if (loose) return looseVariables(text);
  try {
    const found: unknown = text.trimStart().startsWith("{")
      ? JSON.parse(text)
      : (xmlParser.parse(text, true) as { cdr?: unknown }).cdr;
    return variablesSchema.parse(found).variables;
  } catch (error) {
    throw new CdrError(
      error instanceof z.ZodError ? "it has no variables" : "it is cut off, or not well-formed",
    );
  }
}

const longest = 512;
const text = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Pure. @throws CdrError */
export function legIn(body: string): Leg {
  const found = parsed(decoded(body));
  // With encode-values all values are escaped; this one shows it, for it has colons in it.
  const escaped = /%3A/i.test(text(found.start_stamp)) ? unescaped : (value: string) => value;
  const value = (name: string): string | undefined => {
    const said = escaped(text(found[name])).slice(0, longest);
    return said === "" ? undefined : said;
  };
  const uuid = value("uuid");
  if (uuid === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid))
    throw new CdrError("its variable uuid is missing, or is none");
  if (
    !/^[0-9]{15,17}$/.test(value("start_uepoch") ?? "") ||
    !/^[0-9]{15,17}$/.test(value("end_uepoch") ?? "")
  )
    throw new CdrError("start_uepoch or end_uepoch is missing: the leg has not ended");
  const kept = Object.fromEntries(
    keptVariables.flatMap((name) => {
      const said = value(name);
      return said === undefined ? [] : [[name, said] as const];
    }),
  );
  const ours = Object.keys(found).filter((name) => ourVariable.test(name));
  return { ...kept, uuid, ours: Object.fromEntries(ours.map((name) => [name, value(name) ?? ""])) };
}
