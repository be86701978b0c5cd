import { contactMs, knownNodes } from "../report/news.ts";
import type { Observation } from "../report/observation.ts";

/**
 * Fencing (STONITH): a node that can not be asked is switched off before its address is taken. Pure: who may stand for
 * election, and who is to be switched off. docs/decisions/0016-policies-and-fencing.md
 */

/** Another data node, as this host knows it. */
export interface OtherNode {
  name: string;
  /** Age of its own last report; undefined: never heard by this agent. */
  ageMs: number | undefined;
  /** A report of it that is fresh, direct or by way of a third host. */
  seen: boolean;
  /** What its last report said. */
  holds: boolean;
  fit: boolean;
  /** It said that it was stopping and no longer had the address: it left in good order. */
  left: boolean;
  fenced: FenceState;
}

export interface FenceState {
  state: "none" | "running" | "off" | "failed";
  /** Term in which it was switched off last; 0: never. */
  term: number;
  /** How long ago the last attempt ended. */
  sinceMs: number;
  /** Why the last attempt failed. */
  why: string;
}

export interface FenceView {
  /** The address is only taken when every silent node is known to be off. */
  required: boolean;
  delayMs: number;
  holds: boolean;
  /** Everything but fencing speaks for this host. */
  fit: boolean;
  stopping: boolean;
  /** The own database is in the Primary Component, with so many members. */
  primary: boolean;
  members: number;
  /** Hosts with a vote that this one hears itself, and itself; and how many there are. */
  heard: number;
  voters: number;
  /** Newest term that is known in the cluster. */
  term: number;
  /** Place of this host among the data nodes: who comes later waits longer, so that two never shoot each other. */
  order: number;
  agentUptimeMs: number;
  others: OtherNode[];
}

const orderMs = 4000;
/** A host that was never heard may still be booting. */
const neverHeardMs = 15_000;
const againMs = 15_000;

/**
 * What the rules below look at.
 * @param fit may this host hold the address, fencing apart?
 * @param memoryOf what this host remembers of another node
 */
export function fenceViewOf(
  o: Observation,
  rules: { required: boolean; delayMs: number; voters: string[] },
  fit: boolean,
  agentUptimeMs: number,
  memoryOf: (name: string) => Pick<OtherNode, "holds" | "left" | "fenced">,
): FenceView {
  const { required, delayMs, voters } = rules;
  const known = knownNodes(o);
  const heard = voters.filter((name) => name === o.host || (o.peers[name]?.ageMs ?? Infinity) <= contactMs);
  return {
    required,
    delayMs,
    holds: o.holds,
    fit,
    stopping: o.stopping,
    primary: o.primary,
    members: o.members,
    heard: heard.length,
    voters: voters.length,
    term: Math.max(o.term, ...known.map((other) => other.term)),
    order: o.nodeOrder.indexOf(o.host),
    agentUptimeMs,
    others: o.nodeOrder
      .filter((name) => name !== o.host)
      .map((name) => {
        const news = o.peers[name];
        const memory = memoryOf(name);
        return {
          name,
          ageMs: news?.ageMs,
          seen: known.some((other) => other.name === name),
          holds: news?.report.holds ?? memory.holds,
          fit: news?.report.verdict.mayHold ?? false,
          left: memory.left,
          fenced: memory.fenced,
        };
      }),
  };
}

/** Why this host must not stand for election yet, one line for each node that it waits for; empty: it may. */
export function waitsFor(view: FenceView): string[] {
  if (!view.required || view.holds) return [];
  return view.others.flatMap((other) => {
    if (other.ageMs !== undefined && other.ageMs <= contactMs) return [];
    if (other.fenced.state === "off" || other.left) return [];
    const silence = `${other.name} is silent and not known to be off`;
    const what = {
      none: "it is fenced after a moment",
      running: "it is being fenced",
      off: "",
      failed: `fencing failed (${other.fenced.why}); if it is off for certain: dialtone fence confirm ${other.name}`,
    }[other.fenced.state];
    const majority = view.heard * 2 > view.voters && view.primary;
    return [`${silence}: ${majority ? what : "this host has no majority, so it must not fence it"}`];
  });
}

/** May keepalived take part in the election? With `required` a holder in contact keeps the others out of it. */
export const mayBeElected = (view: FenceView): boolean =>
  !view.required ||
  view.holds ||
  (waitsFor(view).length === 0 &&
    !view.others.some(
      (other) => other.ageMs !== undefined && other.ageMs <= contactMs && other.holds && other.fit,
    ));

/** Who is to be switched off now. */
export function whomToFence(view: FenceView): string | undefined {
  // Only for a takeover: a node that can not serve, or need not take over, has no reason to shoot.
  if (view.stopping || !view.fit || (view.required && view.holds)) return undefined;
  // The minority never shoots; and a host whose database is still a member is alive, although its agent is not.
  if (view.heard * 2 <= view.voters || !view.primary || view.members > view.heard) return undefined;
  return view.others.find((other) => {
    if (other.seen || other.left || other.fenced.state === "off" || other.fenced.state === "running")
      return false;
    // At most once in a term: whoever was switched off and is silent again is a person's business.
    if (other.fenced.term > 0 && other.fenced.term === view.term) return false;
    if (other.fenced.state === "failed" && other.fenced.sinceMs < againMs) return false;
    // Without `required` the address is here already: only a former holder can disturb.
    if (!view.required && !(view.holds && other.holds)) return false;
    const silentMs = other.ageMs ?? view.agentUptimeMs - neverHeardMs;
    return silentMs >= view.delayMs + (other.holds ? 0 : view.order * orderMs);
  })?.name;
}
