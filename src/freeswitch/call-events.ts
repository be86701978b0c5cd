import { createHash } from "node:crypto";
import { type CallEvent, eventSchema } from "../call/contract.ts";
import { ruleAndTags } from "../call/tags.ts";
import { codeOf } from "./causes.ts";
import type { Leg } from "./cdr.ts";

/**
 * A leg's record as events of its call. One call is one record: its A leg (the caller's) tells start, answer, end, and how each leg that it
 * called came out, for all of which FreeSWITCH keeps what is needed with the A leg. A B leg's own record tells nothing more, so it
 * makes no events; and a repeat makes the same events again, with the same ids, which the ledger keeps once.
 *
 * Call-ID and tags are those of the caller's dialog. A call that came to FreeSWITCH by way of this cluster's SIP server is one record with it.
 */

/** Always the same for the same thing: RFC 9562 version 8, of SHA-256. */
function idOf(uuid: string, what: string): string {
  const hex = createHash("sha256").update(`freeswitch ${uuid.toLowerCase()} ${what}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `9${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

/** Microseconds since 1970 as they stand there. */
const instant = (micros: string): string => new Date(Math.floor(Number(micros) / 1000)).toISOString();
const happened = (micros: string | undefined): micros is string => micros !== undefined && Number(micros) > 0;

const listed = (text = ""): string[] =>
  text === "" ? [] : text.startsWith("ARRAY::") ? text.slice(7).split("|:") : [text];

interface Called {
  /** Of the leg. */
  uuid: string;
  cause: string;
  target: string;
  carrier: string;
  time: string;
}

/** How the legs of each step came out. The last step's are FreeSWITCH's own; of those before it our dialplan kept them. */
function calledBy({ ours, originate_causes, originated_legs, end_uepoch = "0" }: Leg): Called[] {
  const last = Number(ours.dialtone_step ?? 1);
  const numbers = new Map(
    listed(originated_legs).map((leg) => {
      const [uuid = "", ...rest] = leg.split(";");
      return [uuid, rest.at(-1) ?? ""];
    }),
  );
  return Array.from({ length: Math.min(last, 32) }, (_, index) => index + 1).flatMap((step) => {
    const causes =
      step === last ? (originate_causes ?? ours[`dialtone_causes_${step}`]) : ours[`dialtone_causes_${step}`];
    const targets = (ours[`dialtone_targets_${step}`] ?? "").split(" ");
    const carriers = (ours[`dialtone_carriers_${step}`] ?? "").split(" ");
    const at = ours[`dialtone_at_${step}`] ?? "";
    return listed(causes).map((said, index) => {
      const [uuid = "", cause = ""] = said.split(";");
      return {
        uuid,
        cause,
        target: targets[index] || numbers.get(uuid) || "",
        carrier: (carriers[index] ?? "").replace(/^-$/, ""),
        time: /^[0-9]{10}$/.test(at) ? `${at}000000` : end_uepoch,
      };
    });
  });
}

/** mod_sofia's names of channels: `sofia/PROFILE/USER@HOST`. */
const addressOf = (channel = ""): string => {
  const found = /^sofia\/[^/]+\/(.+)$/.exec(channel)?.[1];
  return found === undefined ? channel : /^sips?:/.test(found) ? found : `sip:${found}`;
};

/** The answer that the caller got: what our dialplan said, what FreeSWITCH heard, or what it makes of the cause. */
function failure({ ours, sip_invite_failure_status, sip_term_status, hangup_cause = "" }: Leg): number {
  const said = [ours.dialtone_status, sip_invite_failure_status, sip_term_status].find((code) =>
    /^[3-6][0-9]{2}$/.test(code ?? ""),
  );
  return hangup_cause === "ORIGINATOR_CANCEL" ? 487 : Number(said ?? codeOf(hangup_cause));
}

/** Is this a leg that was made for another one? */
export const isCalledLeg = ({ originator, originating_leg_uuid }: Leg): boolean =>
  (originating_leg_uuid ?? originator) !== undefined;

/** @param node the FreeSWITCH host. Pure. */
export function eventsOf(leg: Leg, node: string): CallEvent[] {
  // Between two decisions of one call (legs.ts): the caller's own leg tells it.
  if (isCalledLeg(leg) || leg.channel_name?.startsWith("loopback/")) return [];
  const { uuid, ours, start_uepoch = "0", end_uepoch = "0", answer_uepoch, hangup_cause = "" } = leg;
  const { rule, tags, meant } = ruleAndTags(ours.dialtone_rule ?? "");
  const called = calledBy(leg);
  const answered = happened(answer_uepoch)
    ? called.find(({ cause }) => cause === "SUCCESS" || cause === "NONE")
    : undefined;
  const base = {
    v: 1,
    call_id: leg.sip_call_id ?? uuid,
    from_tag: leg.sip_from_tag ?? "",
    to_tag: "",
    node,
    origin: node,
    started: instant(start_uepoch),
    method: "INVITE",
    from: leg.sip_from_uri === undefined ? "" : `sip:${leg.sip_from_uri}`,
    to: `sip:${leg.sip_req_uri ?? leg.sip_to_uri ?? ""}`,
    source:
      leg.sip_network_ip === undefined
        ? ""
        : `${leg.sip_network_ip}:${leg.sip_network_port ?? ""}`.slice(0, 64),
    user: leg.sip_authorized === "true" ? (ours.dialtone_user ?? "") : "",
    rule,
    ...(tags && { tags }),
    ...(meant !== undefined && { meant }),
    decided_by: ours.dialtone_rule === undefined ? "" : "own",
  };
  const event = (kind: CallEvent["kind"], micros: string, more: object, of = uuid): CallEvent =>
    eventSchema.parse({ ...base, id: idOf(of, kind), kind, time: instant(micros), code: 0, ...more });
  const attempts = called
    .filter((one) => one !== answered && one.cause !== "SUCCESS" && one.cause !== "NONE" && one.uuid !== "")
    // Telephones that rang with the one that answered, or whose call somebody took, did not fail.
    .filter(({ cause }) => !["LOSE_RACE", "PICKED_OFF", "ORIGINATOR_CANCEL"].includes(cause))
    .map(({ uuid: of, cause, target, carrier, time }) =>
      event(
        "attempt",
        time,
        { code: codeOf(cause), reason: cause, target, ...(carrier !== "" && { carrier }) },
        of,
      ),
    );
  const start = event("start", start_uepoch, {});
  const to_tag = leg.sip_to_tag ?? "";
  if (!happened(answer_uepoch)) {
    const { target = "", carrier = "" } = called.at(-1) ?? {};
    const more = { code: failure(leg), reason: hangup_cause, target, ...(carrier !== "" && { carrier }) };
    return [start, ...attempts, event("fail", end_uepoch, more)];
  }
  const target = leg.bridge_channel === undefined ? (answered?.target ?? "") : addressOf(leg.bridge_channel);
  const carrier = answered?.carrier ?? "";
  return [
    start,
    ...attempts,
    event("answer", answer_uepoch, {
      to_tag,
      code: 200,
      reason: "OK",
      target,
      ...(carrier !== "" && { carrier }),
    }),
    event("end", end_uepoch, {
      to_tag,
      method: "BYE",
      reason: hangup_cause === "MEDIA_TIMEOUT" ? "media-timeout" : "BYE",
    }),
  ];
}
