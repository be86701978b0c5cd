import { type Document, isDocument } from "./documents.ts";

/** Rules in words, and as a tree of what is dialled. All pure. */

export interface RuleRow {
  name: string;
  rule: Document;
  /** What the draft does with it. */
  change?: "new" | "changed" | "removed";
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

export const matchOf = (rule: Document): Document => (isDocument(rule.match) ? rule.match : {});
export const priorityOf = ({ priority }: Document): number => (typeof priority === "number" ? priority : 0);
export const isEnabled = ({ enabled }: Document): boolean => enabled !== false;

/** A condition's value in a line: `night`, `!night` of flags that are off, `2027-03-26–2027-03-29`. */
function conditionText(value: unknown): string {
  if (Array.isArray(value)) return value.map(conditionText).join(" ");
  if (!isDocument(value)) return textOf(value);
  const { from, to } = value;
  if (from !== undefined) return to === undefined ? textOf(from) : `${textOf(from)}–${textOf(to)}`;
  return Object.entries(value)
    .map(([name, one]) =>
      one === true ? name : one === false ? `!${name}` : `${name} ${conditionText(one)}`,
    )
    .join(" ");
}

/** What of a rule's match is no number: `user ada, flags night`. */
export const conditionsOf = (rule: Document): string =>
  Object.entries(matchOf(rule))
    .filter(([name]) => name !== "number" && name !== "prefix")
    .map(([name, value]) => (value === true ? name : `${name} ${conditionText(value)}`))
    .join(", ");

/** `4930…`, `112`; "": any number. */
export function dialledOf(rule: Document): string {
  const { number, prefix } = matchOf(rule);
  if (typeof number === "string") return number;
  return typeof prefix === "string" ? `${prefix}…` : "";
}

/** A target as people write it: a user's name, `number:5000`, `carrier:main`, `carriers`, `farm:pbx`, `sip:…`. */
export function targetText(target: unknown): string {
  if (!isDocument(target)) return "";
  const { type, user, number, carrier, farm, uri } = target;
  if (type === "user") return textOf(user);
  if (type === "number") return `number:${textOf(number)}`;
  if (type === "carrier") return `carrier:${textOf(carrier)}`;
  if (type === "farm") return `farm:${textOf(farm)}`;
  if (type === "carriers") return "carriers";
  return textOf(uri);
}

/** The members that say where to; the others of a target stay as they are. */
const places = ["type", "user", "number", "carrier", "farm", "uri"];

/** The target that such a text means, with all else of the one before. */
export function targetFrom(text: string, before: unknown = {}): Document {
  const kept = Object.fromEntries(
    Object.entries(isDocument(before) ? before : {}).filter(([name]) => !places.includes(name)),
  );
  const [, kind = "", rest = ""] = /^(number|carrier|farm):(.*)$/.exec(text) ?? [];
  if (kind !== "") return { ...kept, type: kind, [kind]: rest };
  if (text === "carriers") return { ...kept, type: "carriers" };
  return /^(sips?|tel):/.test(text)
    ? { ...kept, type: "uri", uri: text }
    : { ...kept, type: "user", user: text };
}

/** What a rule does, in a line. */
export function actionText({ action }: Document): string {
  if (!isDocument(action)) return "";
  if (action.type === "route" && Array.isArray(action.targets))
    return action.targets.map(targetText).join(action.strategy === "parallel" ? " + " : " → ");
  if (action.type === "reject") return `${textOf(action.code ?? 403)} ${textOf(action.reason)}`.trim();
  if (action.type === "redirect" && Array.isArray(action.to)) return `302 → ${action.to.join(", ")}`;
  if (action.type === "script") return `script:${textOf(action.script)}`;
  return action.type === "ask" ? textOf(action.url) : textOf(action.type);
}

export interface Branch {
  /** What is dialled here: a number, a prefix with `…`, "": any. */
  dialled: string;
  rules: RuleRow[];
  /** Numbers that begin so. */
  below: Branch[];
}

const begins = (outer: string, inner: string): boolean =>
  outer === "" || (outer.endsWith("…") && inner !== outer && inner.startsWith(outer.slice(0, -1)));

/** Rules of one priority by what is dialled, longer prefixes below shorter ones. */
export function treeOf(rows: readonly RuleRow[]): Branch {
  const root: Branch = { dialled: "", rules: [], below: [] };
  const branches = new Map<string, RuleRow[]>();
  for (const row of rows) {
    const dialled = dialledOf(row.rule);
    const there = branches.get(dialled);
    if (there) there.push(row);
    else branches.set(dialled, [row]);
  }
  root.rules = branches.get("") ?? [];
  // What others begin with comes before them.
  const order = [...branches.keys()].filter((dialled) => dialled !== "").sort();
  const open: Branch[] = [root];
  const key = (dialled: string) => dialled.replace("…", "");
  for (const dialled of order.sort((a, b) =>
    key(a) === key(b) ? (a < b ? 1 : -1) : key(a) < key(b) ? -1 : 1,
  )) {
    const branch: Branch = { dialled, rules: branches.get(dialled) ?? [], below: [] };
    while (open.length > 1 && !begins(open.at(-1)?.dialled ?? "", dialled)) open.pop();
    open.at(-1)?.below.push(branch);
    open.push(branch);
  }
  return root;
}

/** By priority, the highest first. */
export function treesOf(rows: readonly RuleRow[]): { priority: number; tree: Branch }[] {
  const priorities = [...new Set(rows.map(({ rule }) => priorityOf(rule)))].sort((a, b) => b - a);
  return priorities.map((priority) => ({
    priority,
    tree: treeOf(rows.filter(({ rule }) => priorityOf(rule) === priority)),
  }));
}
