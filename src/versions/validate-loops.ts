import type { Question } from "../call/contract.ts";
import { decide } from "../routing/decide.ts";
import type { Snapshot } from "../routing/registry.ts";
import { type Scope, touches } from "./scope.ts";
import type { Finding } from "./version-schema.ts";

/** Numbers that lead to numbers that lead back: the service ends such a call after some passes, but nobody is reached. */

interface Node {
  number: string;
  /** Who calls it on: as it would dial itself. */
  by: string | undefined;
}

interface Edge {
  to: Node;
  /** The call goes there whatever happens. */
  always: boolean;
}

const idOf = ({ number, by = "" }: Node): string => `${number}\n${by}`;

const questionFor = ({ number, by }: Node): Question => ({
  v: 1,
  call_id: "validate",
  from: { user: "anonymous", domain: "invalid" },
  to: { user: number, domain: "invalid" },
  request_uri: `sip:${number}@invalid`,
  number,
  source: { address: "0.0.0.0", port: 5060 },
  transport: "udp",
  ...(by !== undefined && { user: by }),
});

/** Where a call to it is sent on. Pure. */
function edgesOf(snapshot: Snapshot, node: Node, now: number): { edges: Edge[]; rule: string } {
  const decision = decide(snapshot, questionFor(node), now);
  if (decision.action !== "route") return { edges: [], rule: decision.rule };
  const { targets, rule } = decision;
  const edges = targets.flatMap((target) =>
    target.type === "number"
      ? [
          {
            to: { number: target.number, by: target.on_behalf_of },
            always: targets.length === 1 && target.after === undefined,
          },
        ]
      : [],
  );
  return { edges, rule };
}

interface Start {
  node: Node;
  part: string;
  key: string;
  field: string;
}

/** Where a way from number to number may begin. */
function* starts({ parts }: Snapshot): Generator<Start | undefined> {
  for (const [key, { enabled, action }] of parts.rules) {
    yield undefined;
    if (!enabled || action.type !== "route") continue;
    for (const [at, target] of action.targets.entries())
      if (target.type === "number" && !target.number.includes("{"))
        yield {
          node: { number: target.number, by: undefined },
          part: "rules",
          key,
          field: `/action/targets/${at}`,
        };
  }
  for (const [key, { features }] of parts.users) {
    yield undefined;
    if (features && (features.forward.length > 0 || features.also_ring.length > 0))
      yield { node: { number: key, by: undefined }, part: "users", key, field: "/features" };
  }
  for (const [key, { overflow }] of parts.groups)
    if (overflow !== undefined)
      yield { node: { number: key, by: undefined }, part: "groups", key, field: "/overflow" };
}

/** Pure. @returns whether the way is a circle, and whether nothing can end it */
type Circle = { path: string[]; always: boolean; rules: string[] };

function* circlesFrom(
  snapshot: Snapshot,
  start: Node,
  now: number,
  done: Set<string>,
): Generator<Circle | undefined> {
  const path: { node: Node; id: string; edges: Edge[]; next: number; always: boolean; rule: string }[] = [];
  const enter = (node: Node, always: boolean) => {
    const { edges, rule } = edgesOf(snapshot, node, now);
    path.push({ node, id: idOf(node), edges, next: 0, always, rule });
  };
  if (done.has(idOf(start))) return;
  enter(start, true);
  for (let top = path.at(-1); top; top = path.at(-1)) {
    yield undefined;
    const edge = top.edges[top.next++];
    if (!edge) {
      done.add(top.id);
      path.pop();
      continue;
    }
    const id = idOf(edge.to);
    const at = path.findIndex((one) => one.node.number === edge.to.number);
    if (at >= 0) {
      const around = path.slice(at);
      yield {
        path: [...around.map(({ node }) => node.number), edge.to.number],
        always: edge.always && around.slice(1).every(({ always }) => always),
        rules: around.map(({ rule }) => rule),
      };
    } else if (!done.has(id)) enter(edge.to, edge.always);
  }
}

/** Half a day later other times and opening hours may hold. */
const otherTimeMs = 12 * 3_600_000;

/** Pure. */
export function* loops(snapshot: Snapshot, scope: Scope, now: number): Generator<Finding | undefined> {
  if (!touches(scope, "rules", "users", "groups", "numbers", "ranges", "calendars", "sites")) return;
  const told = new Set<string>();
  for (const at of [now, now + otherTimeMs]) {
    const done = new Set<string>();
    for (const start of starts(snapshot)) {
      if (!start) {
        yield undefined;
        continue;
      }
      const { node, part, key, field } = start;
      for (const circle of circlesFrom(snapshot, node, at, done)) {
        const name = circle && [...new Set(circle.path)].sort().join();
        if (!circle || name === undefined || told.has(name)) {
          yield undefined;
          continue;
        }
        told.add(name);
        yield {
          severity: circle.always ? "error" : "warning",
          code: "loop",
          part,
          key,
          field,
          message: `calls go round in circles: ${circle.path.join(" → ")} (${[...new Set(circle.rules)].join(", ")})`,
          todo: circle.always
            ? "let one of them lead somewhere else"
            : "when nobody answers, nobody is reached: let one of them lead somewhere else",
        };
      }
    }
  }
}
