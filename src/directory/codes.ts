import { documents } from "../entities/document.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import {
  type CallOrder,
  type Code,
  codeSchema,
  type DeskOrder,
  type FeatureOrder,
  needsNumber,
  type Ordered,
  orders,
} from "./code-schema.ts";

/** Star codes: what a telephone without a screen dials to set what its user wants. As ETSI and GSM telephones know them (3GPP TS 22.030). */

const defaults: Record<Ordered, string> = {
  "forward-always-set": "*21*{number}#",
  "forward-always-clear": "#21#",
  "forward-always-ask": "*#21#",
  "forward-busy-set": "*67*{number}#",
  "forward-busy-clear": "#67#",
  "forward-busy-ask": "*#67#",
  "forward-no-answer-set": "*61*{number}*{seconds}#",
  "forward-no-answer-clear": "#61#",
  "forward-no-answer-ask": "*#61#",
  "forward-unreachable-set": "*62*{number}#",
  "forward-unreachable-clear": "#62#",
  "forward-unreachable-ask": "*#62#",
  "dnd-set": "*26#",
  "dnd-clear": "#26#",
  "dnd-ask": "*#26#",
  "hide-caller-set": "*32#",
  "hide-caller-clear": "#32#",
  "hide-caller-ask": "*#32#",
  "desk-login": "*11*{number}*{pin}#",
  "desk-logoff": "#11#",
  "desk-ask": "*#11#",
  "hide-once": "#31#{number}",
  pickup: "*8*{number}#",
  "pickup-group": "*8#",
  park: "*5*{number}#",
  "park-take": "*6*{number}#",
};

interface Compiled {
  order: Ordered;
  dialled: RegExp;
}

/** All codes, as they are looked for. */
export type Codes = readonly Compiled[];

const parts = {
  "{number}": "(?<number>\\+?[A-Za-z0-9_.~-]+)",
  "*{seconds}": "(?:\\*(?<seconds>[0-9]{1,3}))?",
  "*{pin}": "\\*(?<pin>[0-9]{4,12}|PIN)",
};

/** The last # may be missing: telephones take it for "dial now". */
function compiled(order: Ordered, dial: string): Compiled {
  const pattern = dial
    .replace(/[*+.]/g, "\\$&")
    .replace("\\*{seconds}", parts["*{seconds}"])
    .replace("\\*{pin}", parts["*{pin}"])
    .replace("{number}", parts["{number}"])
    .replace(/#$/, "#?");
  return { order, dialled: new RegExp(`^${pattern}$`) };
}

const compileAll = (own: ReadonlyMap<string, Code>): Codes =>
  orders.flatMap((order) => {
    const code = own.get(order);
    if (code && !code.enabled) return [];
    return [compiled(order, code?.dial ?? defaults[order])];
  });

const index: EntityIndex<Code, { own: ReadonlyMap<string, Code>; codes: Codes }> = {
  empty: { own: new Map(), codes: compileAll(new Map()) },
  changed: ({ own }, before, after) => {
    const next = new Map(own);
    if (before) next.delete(before.name);
    if (after) next.set(after.name, after);
    return { own: next, codes: compileAll(next) };
  },
};

/** So that no PIN gets into a journal: sip/auth.cfg, route[PIN], knows them by this form, and keeps them apart. */
const withPin = /^[*#][0-9#]{1,8}\*\{number\}\*\{pin\}#?$/;

/** Does a code take a number, and a PIN, exactly where its order needs one? Pure. */
export const fits = ({ name, dial }: Code): boolean =>
  name === "desk-login"
    ? withPin.test(dial)
    : dial.includes("{number}") === needsNumber(name) && !dial.includes("{pin}");

/** What is asked of a code. */
export const codeForm =
  "must contain {number} where the order needs one, and nowhere else; of desk-login: *11*{number}*{pin}#";

export const featureCodes = documents({
  kind: "code",
  table: "feature_codes",
  path: "codes",
  tag: "users",
  schema: codeSchema,
  key: codeSchema.shape.name,
  replace: codeSchema.partial({ name: true }),
  index,
  check: (_trx, code) => {
    if (fits(code)) return Promise.resolve();
    throw new Problem("invalid-request", `${code.dial} does not fit ${code.name}`, [
      { path: "/dial", message: codeForm },
    ]);
  },
});

/** What a star code says: an order, or a call whose caller is hidden. Undefined: it is none. Pure. @param dialled canonical */
export function codeIn(
  codes: Codes,
  dialled: string,
): FeatureOrder | DeskOrder | CallOrder | { type: "hide"; to: string } | undefined {
  const first = dialled.charAt(0);
  if (first !== "*" && first !== "#") return undefined;
  for (const { order, dialled: pattern } of codes) {
    const found = pattern.exec(dialled)?.groups ?? (pattern.test(dialled) ? {} : undefined);
    if (!found) continue;
    const { number, seconds, pin } = found;
    if (order === "pickup-group") return { type: "call", order };
    if (order === "desk-logoff" || order === "desk-ask") return { type: "desk", order };
    if (order === "desk-login")
      return number === undefined || pin === undefined ? undefined : { type: "desk", order, to: number, pin };
    if (order === "hide-once" || order === "pickup" || order === "park" || order === "park-take") {
      if (number === undefined) return undefined;
      return order === "hide-once" ? { type: "hide", to: number } : { type: "call", order, to: number };
    }
    return {
      type: "feature",
      order,
      ...(number !== undefined && { to: number }),
      ...(seconds !== undefined && { after_s: Math.min(180, Math.max(3, Number(seconds))) }),
    };
  }
  return undefined;
}
