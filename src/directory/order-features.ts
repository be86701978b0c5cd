import type { FeatureOrder } from "./code-schema.ts";
import { type Features, type Forward, type ForwardReason, noFeatures } from "./features-schema.ts";

/** A forwarding that a star code may set: it holds always, not for some callers or at some times. */
const isPlain = ({ callers, times, open, closed }: Forward): boolean =>
  callers === undefined && times === undefined && open === undefined && closed === undefined;

const verbOf = (order: string): string => order.slice(order.lastIndexOf("-") + 1);
const featureOf = (order: string): string => order.slice(0, order.lastIndexOf("-"));

const forwardOf = (order: string): ForwardReason | undefined =>
  order.startsWith("forward-") ? (featureOf(order).slice("forward-".length) as ForwardReason) : undefined;

/**
 * The features after an order; `undefined`: it only asks. Forwardings with conditions stay, and go before the one that is set. Pure.
 */
export function ordered(
  before: Features | undefined,
  { order, to, after_s }: FeatureOrder,
): Features | undefined {
  const features = before ?? noFeatures;
  const verb = verbOf(order);
  if (verb === "ask") return undefined;
  const when = forwardOf(order);
  if (when) {
    const others = features.forward.filter((one) => one.when !== when || !isPlain(one));
    if (verb === "clear" || to === undefined) return { ...features, forward: others };
    const set: Forward = { when, to: [to], together: false, after_s: after_s ?? 20 };
    return { ...features, forward: [...others, set].slice(-16) };
  }
  const on = verb === "set";
  return featureOf(order) === "dnd" ? { ...features, dnd: on } : { ...features, hide_caller: on };
}

const names: Record<string, string> = {
  "forward-always": "Forwarding",
  "forward-busy": "Forwarding When Busy",
  "forward-no-answer": "Forwarding Without Answer",
  "forward-unreachable": "Forwarding When Unreachable",
  dnd: "Do Not Disturb",
  "hide-caller": "Number Hidden",
};

/** What the telephone shows: how it is (now). Pure. */
export function said(features: Features | undefined, { order }: FeatureOrder): string {
  const { forward, dnd, hide_caller } = features ?? noFeatures;
  const name = names[featureOf(order)] ?? featureOf(order);
  const when = forwardOf(order);
  if (!when) return `${name}: ${(featureOf(order) === "dnd" ? dnd : hide_caller) ? "On" : "Off"}`;
  const found = forward.find((one) => one.when === when && isPlain(one));
  if (!found) return `${name}: Off`;
  const after = when === "no-answer" ? ` after ${found.after_s} s` : "";
  return `${name}: ${found.to.join(", ")}${after}`;
}
