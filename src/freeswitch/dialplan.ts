import type { Decision, Target } from "../call/contract.ts";
import type { CarrierFacts } from "../call/line.ts";
import { withTags } from "../call/tags.ts";
import { action, forCalled, set } from "./applications.ts";
import { anyFailures, causesAfter, causesOf, usualFailures } from "./causes.ts";
import { type Leg, legOf, type Surroundings } from "./legs.ts";
import { parked, takeable, taken } from "./taking.ts";
import { dialText, type Element, element, filledIn, nameText, sectionOf, uriText, valueText } from "./xml.ts";

/**
 * A decision as FreeSWITCH's dialplan: applications, one after the other. What each does: docs/freeswitch.md. FreeSWITCH expands `${…}` in
 * what they are given; only our own texts have any (xml.ts).
 */

type Route = Extract<Decision, { action: "route" }>;
type Rejection = Extract<Decision, { action: "reject" }>;

/** How the call came. */
export interface Arrival extends Surroundings {
  /** Which decision of this call this is, the first: 1. */
  pass: number;
}

/** So many numbers may lead to each other before the call is taken for one that goes round in circles. */
export const maxPasses = 9;

/** Longest ringing altogether, seconds: as Kamailio's (sip/modules.cfg). */
const ringS = 185;

/** Targets that ring together. */
interface Step {
  targets: Target[];
  after: Target["after"];
}

/** Missing, or none named: always. */
const conditionOf = ({ after }: Target): Target["after"] => (after && after.length > 0 ? after : undefined);

/** In the order in which they ring (call/contract.ts, `step`). */
function stepsOf({ strategy, targets }: Route): Step[] {
  if (targets.some(({ step }) => step !== undefined)) {
    const groups = Map.groupBy(
      targets.toSorted((a, b) => (a.step ?? 0) - (b.step ?? 0)),
      (target) => JSON.stringify([target.step ?? 0, conditionOf(target) ?? null]),
    );
    return [...groups.values()].map((group) => ({
      targets: group,
      after: group[0] && conditionOf(group[0]),
    }));
  }
  return strategy === "parallel"
    ? [{ targets: [...targets], after: undefined }]
    : targets.map((target) => ({ targets: [target], after: conditionOf(target) }));
}

/** After which causes something else may be tried. */
function failuresOf({ targets }: Step, carriers: CarrierFacts, emergency: boolean): readonly string[] {
  const codes = targets.flatMap((target) =>
    target.type === "uri" && target.carrier !== undefined ? (carriers(target.carrier)?.nextOn ?? []) : [],
  );
  if (codes.length === 0) return usualFailures;
  return emergency ? anyFailures : causesAfter(codes);
}

/**
 * Lets a step ring only after some causes, by FreeSWITCH's own functions: `${regex(…)}` says true or false, and the variable of that name is the
 * dial string, or an error with the cause that the caller is to get.
 */
const onlyAfter = (dial: string, of: string, names: readonly string[]): Element[] => [
  set("dialtone_go", filledIn(`regex(m:~${filledIn(of)}~^(${names.join("|")})$)`)),
  set("dialtone_dial_true", dial),
  set("dialtone_dial_false", `error/${filledIn(of)}`),
  action("bridge", filledIn(`dialtone_dial_${filledIn("dialtone_go")}`)),
];

/** What the record is made from (cdr.ts): FreeSWITCH itself remembers the last step only. */
const noted = (index: number, legs: readonly Leg[]): Element[] => [
  set("dialtone_step", String(index)),
  set(`dialtone_targets_${index}`, legs.map(({ target }) => target).join(" ")),
  ...(legs.some(({ carrier }) => carrier !== "")
    ? [set(`dialtone_carriers_${index}`, legs.map(({ carrier }) => valueText(carrier) || "-").join(" "))]
    : []),
];

function ringing(route: Route, near: Arrival, carriers: CarrierFacts): Element[] {
  const steps = stepsOf(route).filter(({ after }, index) => index > 0 || after === undefined);
  const conditional = steps.some(({ after }) => after !== undefined);
  return steps.flatMap((step, index) => {
    const isLast = index === steps.length - 1;
    const legs = step.targets.map((target) => legOf(target, near, carriers));
    const dial = legs.map(({ dial: leg }) => leg).join(",");
    const before = steps[index - 1];
    // Only a step that always rings counts for the ones that do not.
    const rings = step.after
      ? onlyAfter(dial, "dialtone_outcome", causesOf(step.after))
      : conditional && before
        ? onlyAfter(dial, "originate_disposition", failuresOf(before, carriers, route.emergency === true))
        : [action("bridge", dial)];
    const goesOn =
      conditional || isLast ? "true" : failuresOf(step, carriers, route.emergency === true).join(",");
    const { before: may, behind: mayNot } = takeable(step.targets);
    return [
      ...noted(index + 1, legs),
      ...may,
      set("continue_on_fail", goesOn),
      ...rings,
      ...mayNot,
      set(`dialtone_causes_${index + 1}`, filledIn("originate_causes")),
      set(`dialtone_at_${index + 1}`, filledIn("strepoch()")),
      ...(conditional && step.after === undefined
        ? [set("dialtone_outcome", filledIn("originate_disposition"))]
        : []),
    ];
  });
}

const shown = ({ caller_id, hide_caller }: Route): Element[] => {
  if (hide_caller)
    return [
      action("privacy", "full"),
      set("effective_caller_id_name", "Anonymous"),
      set("effective_caller_id_number", "anonymous"),
    ];
  if (!caller_id) return [];
  const number = dialText(caller_id.number);
  const name = nameText(caller_id.name ?? "");
  return [
    ...(number === undefined ? [] : [set("effective_caller_id_number", number)]),
    ...(name === "" ? [] : [set("effective_caller_id_name", name)]),
  ];
};

/** A number alone is decided again on the same channel. */
const alone = ({ targets }: Route): Extract<Target, { type: "number" }> | undefined => {
  const [only, ...others] = targets;
  return only?.type === "number" && others.length === 0 && only.timeout_ms === undefined && !only.headers
    ? only
    : undefined;
};

function routed(route: Route, near: Arrival, carriers: CarrierFacts): Element[] {
  const { headers, record, media, redirects, targets, park } = route;
  const records = record && !route.record_refused;
  const numbers = targets.some(({ type }) => type === "number");
  const again = alone(route);
  const onward = again && dialText(again.number);
  return [
    ...shown(route),
    ...Object.entries(headers ?? {}).map(([name, value]) => forCalled(`sip_h_${name}`, valueText(value))),
    ...(numbers ? [set("dialtone_pass", String(near.pass + 1))] : []),
    ...(again?.on_behalf_of === undefined
      ? []
      : [set("dialtone_on_behalf_of", valueText(again.on_behalf_of))]),
    ...(records
      ? [
          set("RECORD_STEREO", "true"),
          set("media_bug_answer_req", "true"),
          action("record_session", `$${filledIn("recordings_dir")}/${filledIn("uuid")}.wav`),
        ]
      : []),
    ...(park ? parked(park) : []),
    ...(onward !== undefined
      ? [action("transfer", `${onward} XML ${near.context}`)]
      : [
          ...(media === "direct" && !records ? [set("bypass_media", "true")] : []),
          ...(redirects === "follow" ? [] : [forCalled("outbound_redirect_fatal", "true")]),
          set("hangup_after_bridge", "true"),
          set("call_timeout", String(ringS)),
          ...ringing(route, near, carriers),
          action("hangup", filledIn("originate_disposition")),
        ]),
  ];
}

function rejected({ code, reason, contacts, take }: Rejection): Element[] {
  const contact = (contacts ?? []).map((uri) => uriText(uri)).join(",");
  const words = nameText(reason).replace(/[^\x20-\x7e]/g, "?") || "Rejected";
  // Without a place to go to, a redirection says nothing: the caller gets what FreeSWITCH makes of `hangup`.
  const answer = contact !== "" && code < 400 ? [action("redirect", contact)] : [];
  return [
    ...(take ? taken(take) : []),
    set("dialtone_status", String(code)),
    ...answer,
    ...(code >= 400 ? [action("respond", `${code} ${words}`)] : []),
    action("hangup", code === 486 || code === 600 ? "USER_BUSY" : "CALL_REJECTED"),
  ];
}

/** The decision that a call is refused with whose numbers lead to each other without an end. */
export const inCircles = (rulesVersion: number): Rejection => ({
  v: 1,
  action: "reject",
  code: 482,
  reason: "Loop Detected",
  rule: "numbers that lead to each other",
  rules_version: rulesVersion,
});

/** What is done with a call, one after the other. Pure. */
export function actionsOf(decision: Decision, near: Arrival, carriers: CarrierFacts): Element[] {
  const { rule, tags, meant } = decision;
  return [
    set("dialtone_rule", valueText(withTags(rule.replace(/[?|]/g, " "), tags, meant))),
    ...(decision.action === "route" ? routed(decision, near, carriers) : rejected(decision)),
  ];
}

/** The section `dialplan` for one call. Pure. */
export function dialplanOf(decision: Decision, near: Arrival, carriers: CarrierFacts): Element {
  const extension = element("extension", { name: nameText(decision.rule) || "dialtone" }, [
    element("condition", {}, actionsOf(decision, near, carriers)),
  ]);
  return sectionOf("dialplan", [element("context", { name: near.context }, [extension])]);
}
