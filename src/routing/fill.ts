import type { Target } from "../call/contract.ts";
import { keyOf, rowFor } from "../circumstances/tables.ts";
import type { Asked } from "./asked.ts";
import { locationOf } from "./emergency.ts";
import { escaped, escapeForUri } from "./outside.ts";
import type { Rule } from "./rule-schema.ts";

/** Placeholders in what rules say, filled with what a call has. */

export type Filler = (template: string, clean: (value: string) => string) => string;

/** What the table says for this call of which the rule asks; empty: nothing. */
function tableField(text: string, { match }: Rule, { snapshot, question, looked }: Asked): string {
  const [name = "", ...column] = text.split(".");
  const table = snapshot.parts.tables.get(name);
  const by = match.table?.name === name ? match.table.by : "caller";
  if (by !== "number") looked.add(by);
  const key = keyOf({ by }, question);
  return (table && rowFor(table, key, column.length === 0 ? undefined : column.join(".")))?.value ?? "";
}

export const fillerOf = (call: Asked, { rule, rest }: { rule: Rule; rest: string }): Filler => {
  const { question, looked } = call;
  const values: Record<string, string> = {
    number: question.number,
    rest,
    caller: question.from.user,
    user: question.user ?? "",
    get location() {
      return locationOf(call).text;
    },
    get location_uri() {
      return locationOf(call).uri;
    },
  };
  return (template, clean) =>
    template.replace(
      /\{(number|rest|caller|user|location|location_uri|table:[^}]+)\}/g,
      (_, name: string) => {
        if (name.startsWith("table:")) return clean(tableField(name.slice(6), rule, call));
        if (name === "caller" || name === "user") looked.add(name);
        return clean(values[name] ?? "");
      },
    );
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not enter a header
const controls = /[\u0000-\u001f\u007f]/g;

/** Nothing that would end an address or begin another one. */
const cleanForHeader = (text: string): string => text.replace(controls, " ").replace(/[<>"\\,;@%]/g, escaped);

/** A place is told as it is written, quoted. */
const cleanLocation = (text: string): string => text.replace(controls, " ").replace(/["\\]/g, " ");

/** A header that tells where the caller is stands in emergency calls alone. */
export const expandHeaders = (headers: Record<string, string>, fill: Filler): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      if (!value.includes("{location")) return [[name, fill(value, cleanForHeader).slice(0, 256)]];
      const told = fill(value, cleanLocation).slice(0, 256);
      return told === value.replace(/\{location(_uri)?\}/g, "") ? [] : [[name, told]];
    }),
  );

/** A template that was filled with nothing leaves no address: `tel:`, `sip:@host`. */
export const isAddress = (uri: string): boolean =>
  uri.length <= 512 && /^(sips?|tel):[^\s<>"]+$/.test(uri) && !/^sips?:@/.test(uri);

/** Undefined when the result is no address, or too long for one. */
export function expandTarget(target: Target, fill: Filler): Target | undefined {
  const headers = target.headers && { headers: expandHeaders(target.headers, fill) };
  if (target.type === "user") {
    const user = fill(target.user, (value) => value);
    return user.length > 0 && user.length <= 512 ? { ...target, user, ...headers } : undefined;
  }
  if (target.type === "number") {
    const number = fill(target.number, (value) => value);
    return number.length > 0 && number.length <= 512 ? { ...target, number, ...headers } : undefined;
  }
  const uri = fill(target.uri, escapeForUri);
  const via = target.via === undefined ? undefined : fill(target.via, escapeForUri);
  if (!isAddress(uri) || (via !== undefined && !isAddress(via))) return undefined;
  return { ...target, uri, ...(via !== undefined && { via }), ...headers };
}
