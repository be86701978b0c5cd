import { z } from "zod";
import { fenceViewOf } from "../../fencing/decide.ts";
import type { Observation } from "../../report/observation.ts";
import { claimsOf, noPlan, planAnnouncements } from "../address/announcements.ts";
import {
  type Action,
  decide,
  decideOnExit,
  decideOnNews,
  type Memory,
  type Situation,
} from "../address/decide.ts";

/**
 * What the scenario files may say about the agent itself, beyond what it observes. Unless said otherwise: it has run for
 * 10 minutes, keepalived's track file says "fit", the neighbours have been told who holds the address, there is no
 * fencing and no handover.
 */

export const agentShape = z.strictObject({
  upMs: z.number().default(600_000),
  track: z.enum(["fit", "unfit", "never-written"]).default("fit"),
  /** The last attempt to write the track file failed. */
  trackFails: z.boolean().default(false),
  /** The address has been here for so long although the track file says "unfit". */
  forbiddenMs: z.number().optional(),
  /** This host began to hand the address over by itself so long ago. */
  handedMs: z.number().optional(),
  announced: z.enum(["lately", "never", "long-ago"]).default("lately"),
  /** To whom this host hands the address over; more: how much longer than usual that may take. */
  giving: z.strictObject({ to: z.string(), forMs: z.number(), extraMs: z.number().default(0) }).optional(),
  /** The successor has the address too. */
  overlaps: z.boolean().default(false),
  /** This host took the address beside its holder so long ago. */
  takenMs: z.number().optional(),
  /** What a takeover needs runs. */
  ready: z.boolean().default(true),
  /** It has copies of the holder's registrations, and no calls of its own. */
  follows: z.boolean().default(true),
  /** `other`: what is known of the other node. */
  fencing: z
    .strictObject({
      required: z.boolean().default(true),
      other: z.enum(["none", "running", "off", "failed", "left"]).default("none"),
    })
    .optional(),
});

/** A tick (50 ms), the end of a part's process, or a report of another host after a silence. */
export const whenShape = z.union([
  z.literal("tick"),
  z.strictObject({ exit: z.enum(["keepalived", "mariadb", "kamailio", "rtpengine"]) }),
  z.strictObject({ news: z.enum(["a", "b", "w"]), silenceMs: z.number().default(100) }),
]);

type AgentState = z.infer<typeof agentShape>;

const now = 1_000_000;

function fencingOf({ fencing, upMs }: AgentState, o: Observation, mayHold: boolean): Situation["fencing"] {
  if (!fencing || o.role !== "node") return undefined;
  const { required, other } = fencing;
  const rules = { required, delayMs: 3000, voters: ["a", "b", "w"] };
  return fenceViewOf(o, rules, mayHold, upMs, () => ({
    holds: true,
    left: other === "left",
    fenced: { state: other === "left" ? "none" : other, term: 0, sinceMs: 1000, why: "exit code 1" },
  }));
}

/** The neighbours know the holder, and the next reminder is not due, or is. */
function planOf(announced: AgentState["announced"], o: Observation): Memory["plan"] {
  if (announced === "never" || !o.holds) return noPlan;
  const { plan } = planAnnouncements(noPlan, claimsOf(o, true), now);
  return { ...plan, due: [announced === "lately" ? now + 500 : now] };
}

export function situationOf(agent: AgentState, observation: Observation, mayHold: boolean): Situation {
  const { track, trackFails, upMs, giving, overlaps, takenMs } = agent;
  const keepalived = observation.parts.keepalived;
  return {
    now,
    observation,
    mayHold,
    uptimeMs: upMs,
    track: { fit: track === "never-written" ? undefined : track === "fit", fails: trackFails },
    keepalivedRuns: keepalived === undefined || keepalived.ok || keepalived.phase === "sick",
    fencing: fencingOf(agent, observation, mayHold),
    handover: {
      overlaps,
      ...(giving ? { giving } : {}),
      ...(takenMs === undefined ? {} : { takenMs }),
    },
  };
}

/** What the agent does then. @throws Error when a scenario wants news of a host that is not heard */
export function actionsOf(
  agent: AgentState,
  when: z.infer<typeof whenShape>,
  observation: Observation,
  mayHold: boolean,
): Action[] {
  if (when === "tick") {
    const { forbiddenMs, handedMs } = agent;
    return decide(situationOf(agent, observation, mayHold), {
      forbiddenSince: forbiddenMs === undefined ? undefined : now - forbiddenMs,
      plan: planOf(agent.announced, observation),
      ...(handedMs === undefined ? {} : { handedAt: now - handedMs }),
    }).actions;
  }
  if ("exit" in when) return decideOnExit(when.exit);
  const { host, role, holds } = observation;
  const report = observation.peers[when.news]?.report;
  if (!report) throw new Error(`${when.news} is not heard in this scenario`);
  const { ready, follows, takenMs } = agent;
  const self = { host, role, holds, mayHold, ready, follows, taking: takenMs !== undefined };
  return decideOnNews(self, report, when.silenceMs);
}
