import { type CallEvent, eventSchema } from "../call/contract.ts";
import { ruleAndTags } from "../call/tags.ts";

/**
 * The journal of call events that Kamailio writes: the one place that names its columns. The generator of
 * kamailio.cfg takes `accColumns` from here, the shipper takes `parseJournalLine`.
 *
 * Files: DIR/run/journal/acc_<n>.log in memory, one per Kamailio process (some processes share one, with O_APPEND and
 * one write per line), carried at once to DIR/journal/sip/acc_0.log (carrier.ts). A file only grows, also over restarts of
 * Kamailio (the number belongs to the process's role, not to its pid). Lines end with "\n"; a last line without it is being written, or was when Kamailio was killed
 * (then the next line of that file is appended to it: the reader takes the columns from the end, so only the torn
 * one is lost).
 *
 * Rotation (components/kamailio/journal.ts), on the disk only: acc_0.log becomes `rotatedName(...)`, a new one takes its
 * place, and the carrier finds it with its next lines. Follow files by inode; a renamed file is finished when it has not
 * grown for a minute.
 */
export const journalTable = "acc";

/** acc's own columns, in its order: acc.c, acc_db_init_keys. */
const builtIn = ["method", "from_tag", "to_tag", "call_id", "code", "reason", "seconds"] as const;

/** Our columns and the Kamailio variable of each: acc's `db_extra`. sip/journal.cfg sets the $avps. */
export const extraColumns = [
  ["kind", "$avp(kind)"],
  // (`g` would look each time whether there is a source of random numbers.)
  ["id", "$uuid(r)"],
  ["time", "$TV(Sn)"],
  ["at", "$avp(at)"],
  ["started", "$avp(started)"],
  ["origin", "$avp(origin)"],
  ["source", "$avp(source)"],
  ["user", "$avp(user)"],
  ["from", "$avp(from)"],
  ["to", "$avp(to)"],
  // Where an `attempt` went; for the others the request URI of the (winning) branch.
  ["attempted", "$avp(target)"],
  ["target", "$(ru{s.substr,0,256})"],
  ["rule", "$avp(rule)"],
  ["by", "$avp(by)"],
  ["end", "$avp(end)"],
] as const;

/** The value of acc's modparam `db_extra`. */
export const accColumns = extraColumns.map(([name, variable]) => `${name}=${variable}`).join(";");

type Column = (typeof builtIn)[number] | (typeof extraColumns)[number][0];

const width = builtIn.length + extraColumns.length;

/** Where each column stands, counted from the end of a line. */
const place = new Map<Column, number>(
  [...builtIn, ...extraColumns.map(([name]) => name)].map((name, index) => [name, index - width]),
);

/** What a finished journal file is called: acc_7.20261121T013000Z.log */
export const rotatedName = (file: string, when: Date): string =>
  file.replace(/\.log$/, `.${when.toISOString().replace(/[-:]|\.\d+/g, "")}.log`);

/** A line of the journal that can not be an event; `line` is its beginning. */
export class JournalLineError extends Error {
  readonly line: string;
  constructor(why: string, line: string) {
    super(`${why}: ${JSON.stringify(line.slice(0, 200))}`);
    this.name = "JournalLineError";
    this.line = line;
  }
}

/** "1763689000.123456" (seconds, microseconds) → RFC 3339 with milliseconds; undefined when it is not that. */
function instant(text: string): string | undefined {
  const match = /^(\d{9,10})\.(\d{1,6})$/.exec(text);
  if (!match) return undefined;
  const date = new Date(
    Number(match[1]) * 1000 + Math.floor(Number((match[2] ?? "").padStart(6, "0")) / 1000),
  );
  return date.toISOString();
}

/** db_flatstore writes '|' inside a value as %7C. Anything that is not printable ASCII is replaced. */
function clean(value: string, length: number): string {
  // As nearly every value is.
  if (value.length <= length && /^[ -~]*$/.test(value) && !value.includes("%7C")) return value;
  return value
    .replaceAll("%7C", "|")
    .replace(/[^ -~]/g, "?")
    .slice(0, length);
}

/** Our own Record-Route parameter: percent-encoded by {s.escape.param}, and was in foreign hands. */
function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function kindOf(kind: string, method: string, code: number): CallEvent["kind"] | undefined {
  if (
    kind === "start" ||
    kind === "ring" ||
    kind === "confirm" ||
    kind === "attempt" ||
    kind === "end" ||
    kind === "refer"
  )
    return kind;
  if (kind !== "") return undefined;
  if (method !== "INVITE") return undefined;
  return code >= 200 && code < 300 ? "answer" : "fail";
}

/** @param attempted what a line has in a column of its own, for kinds that speak of another target than the request URI. */
function targetOf(kind: CallEvent["kind"], attempted: string, target: string): string {
  if (kind === "start") return "";
  if (kind === "attempt") return attempted.replaceAll("%3B", ";");
  return kind === "refer" ? attempted : target;
}

/** Who transferred whom: `b=URI r=CALL-ID` of a start, the sender of a REFER (sip/transfer.cfg). */
function transferIn(
  kind: CallEvent["kind"],
  attempted: string,
  from: string,
): Pick<CallEvent, "referred_by" | "replaces"> {
  if (kind === "refer") return { referred_by: from };
  if (kind !== "start" || attempted === "") return {};
  const by = /^b=(\S+)/.exec(attempted)?.[1];
  const replaces = /(?:^| )r=(\S+)/.exec(attempted)?.[1];
  return {
    ...(by === undefined ? {} : { referred_by: by }),
    ...(replaces === undefined ? {} : { replaces }),
  };
}

/** A call of the functional test that came to its end: no call of anybody's, and never in a call record. */
export interface ProbeEvent {
  node: string;
  call_id: string;
}

/**
 * The functional test's line, marked by Kamailio with `p` in the last column; undefined: a line like any other. Pure.
 */
export function parseProbeLine(line: string, node: string): ProbeEvent | undefined {
  if (!/\|\.pl?$/.test(line)) return undefined;
  return { node, call_id: clean(line.split("|").at(place.get("call_id") ?? 0) ?? "", 128) };
}

/**
 * One line of Kamailio's journal (without its "\n") → the event. Pure. The columns are counted from the end,
 * so that what a torn line left in front does no harm.
 * - An `end` is written when the BYE comes, not when it is answered (a dead far end answers never): its code is 0. A BYE
 *   that is challenged (401, 407) comes twice and makes two; the first one counts.
 *   When the far end refuses it with 481, a second line says so, with that code.
 * - A `confirm` can also come from the origin node itself, when Kamailio was restarted during the call.
 * @param node the node whose journal it is
 * @throws JournalLineError when it is no whole line of ours
 */
export function parseJournalLine(line: string, node: string): CallEvent {
  const cells = line.split("|");
  if (cells.length < width) throw new JournalLineError(`has ${cells.length} columns, not ${width}`, line);
  const cell = (name: Column): string => cells.at(place.get(name) ?? 0) ?? "";
  // "." alone, or with more behind it: the pass of a call that came back to us; "r": it is to be recorded; "l": it was in
  // memory only for long (carrier.ts).
  const end = /^\.([2-9]?)(r?)(l?)$/.exec(cell("end"));
  if (!end) throw new JournalLineError("does not end as a line should", line);

  // A torn line may stick to the first column's front. To Kamailio `invite` is one too (RFC 3261 7.1 says otherwise).
  const method = /(INVITE|BYE|ACK|REFER)$/i.exec(cell("method"))?.[0].toUpperCase() ?? "";
  const code = Number(/^\d{3}$/.exec(cell("code"))?.[0] ?? Number.NaN);
  const kind = kindOf(cell("kind"), method, code);
  if (!kind) throw new JournalLineError("is of no kind that is known", line);
  const logged = instant(cell("time"));
  const at = instant(cell("at"));
  const started = instant(cell("started"));
  const origin = /^[a-z][a-z0-9-]{0,14}$/.exec(cell("origin"))?.[0];
  const own = kind !== "end" && kind !== "confirm" && kind !== "refer";
  const attempted = clean(cell("attempted"), 512);
  // How it was decided and, behind slashes, the carrier that the target leads to, with ~ and how soon it rang there (sip/carriers.cfg), who took the call (sip/pickup.cfg), and whose telephone answered (sip/steps.cfg).
  const [by = "", through = "", takenBy, answeredBy] = cell("by").split("/");
  const [carrier, ring = ""] = through.split("~");
  const result = eventSchema.safeParse({
    v: 1,
    id: cell("id"),
    kind,
    call_id: clean(cell("call_id"), 512),
    from_tag: clean(cell("from_tag"), 512),
    to_tag: clean(cell("to_tag"), 512),
    time: (kind === "end" || kind === "start" ? at : undefined) ?? logged,
    node,
    ...(origin === undefined ? {} : { origin }),
    ...(started === undefined ? {} : { started }),
    method,
    code: kind === "start" ? 0 : code,
    reason: kind === "start" || kind === "attempt" ? "" : clean(cell("reason"), 512),
    from: clean(cell("from"), 512),
    to: clean(cell("to"), 512),
    source: clean(cell("source"), 64),
    user: clean(cell("user"), 512),
    target: targetOf(kind, attempted, clean(cell("target"), 512)),
    ...ruleAndTags(own ? clean(cell("rule"), 512) : clean(unescaped(cell("rule")), 512)),
    decided_by: ["own", "peer", "last", "static"].includes(by) ? by : "",
    ...(carrier ? { carrier: clean(carrier, 128) } : {}),
    ...(/^[0-9]{1,7}$/.test(ring) ? { ring_ms: Number(ring) } : {}),
    ...(answeredBy ? { answered_by: clean(answeredBy, 64) } : {}),
    ...(takenBy ? { taken_by: clean(takenBy, 64) } : {}),
    ...(end[2] === "r" ? { record: true } : {}),
    ...transferIn(kind, attempted, clean(cell("from"), 512)),
    ...(end[1] ? { pass: Number(end[1]) } : {}),
    ...(end[3] === "l" ? { late: true } : {}),
  });
  if (!result.success)
    throw new JournalLineError(
      result.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join(", "),
      line,
    );
  return result.data;
}
