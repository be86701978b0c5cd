import type { Decision } from "../call/contract.ts";
import type { Asked } from "./asked.ts";

/** Calls to emergency services, known where there is a site. All pure. */

export const isEmergency = ({ place, question }: Asked): boolean =>
  place?.short.isEmergency(question.number) ?? false;

/** The location that the call's site declares, in calls to emergency services; else nothing. */
export const locationOf = (call: Asked): { text: string; uri: string } => {
  const site = isEmergency(call) ? call.place?.site : undefined;
  return { text: site?.location ?? "", uri: site?.location_uri ?? "" };
};

/** Whatever a carrier answers, the next one is asked; and all who are asked from here learn where the caller is (RFC 6442 4). */
export function withEmergency(decision: Decision, call: Asked): Decision {
  if (decision.action !== "route" || !isEmergency(call)) return decision;
  const { uri } = locationOf(call);
  if (uri === "") return { ...decision, emergency: true };
  const headers = { Geolocation: `<${uri}>`, "Geolocation-Routing": "no" };
  return {
    ...decision,
    emergency: true,
    targets: decision.targets.map((target) =>
      target.type === "uri" ? { ...target, headers: { ...headers, ...target.headers } } : target,
    ),
  };
}
