import { messageOf } from "../base/message.ts";
import { ConfigError } from "../cluster/load.ts";
import { type Answers, answer } from "./answers.ts";
import type { Plan } from "./checked-plan.ts";
import { clusterEquipment, evidenceOf, historyOf } from "./history.ts";
import { parsePlan } from "./load.ts";
import type { FromPlanner, PlannerOrder } from "./plan-host.ts";
import type { PlanAnswer } from "./plan-schema.ts";

/** The process that works a plan out, started by plan-host.ts: a million years are no business of who decides calls. */

const orNull = <T>(value: T | undefined): T | null => value ?? null;

/** The only equipment that takes over by itself; undefined: none, or a person must say which the cluster is. */
function only({ equipment }: Plan): string | undefined {
  const able = Object.entries(equipment).flatMap(([name, { policy }]) => (policy ? [name] : []));
  return able.length === 1 ? able[0] : undefined;
}

function shown(answers: Answers, drills: number): Omit<PlanAnswer, "equipment"> {
  const { services, simulation, spread, promises, businessCases, contributions, improvements } = answers;
  return {
    company: answers.company,
    currency: answers.currency,
    years: simulation.years,
    services: simulation.services.map((one, index) => ({
      id: one.id,
      availability: one.availability.mean,
      range: orNull(spread.services[index]?.availability),
      hours_per_year: one.hoursPerYear.mean,
      closed_hours_per_year: services[index]?.hoursPerYear ?? 0,
      outages_per_year: one.outagesPerYear.mean,
      worst_hours_in_10: one.worstYearIn10,
      loss: one.lossPerYear.mean,
    })),
    loss: simulation.lossPerYear.mean,
    loss_worst_in_10: simulation.lossWorstYearIn10,
    promises: promises.map((one) => ({
      ...{ service: one.service, holds: one.holds, survives: one.survives },
      ...{ reasons: one.reasons, changes: one.changes },
      at_most_seconds: orNull(one.x),
      in_seconds: orNull(one.y),
      survives_wanted: orNull(one.survivesWanted),
      broken_per_year: orNull(one.brokenPerYear),
    })),
    cases: businessCases.map(({ group, services: stands, best, words, alternatives }) => ({
      ...{ group, services: stands, best, words },
      alternatives: alternatives.map(({ id, name, planned, keeps, cost, loss, total, z }) => ({
        ...{ id, name, planned, keeps, cost, loss, total, seconds: z },
      })),
    })),
    causes: contributions.map(({ from, cause, lossPerYear, share, minutesPerYear }) => ({
      ...{ from, cause, loss: lossPerYear, share, minutes: minutesPerYear },
    })),
    improvements: improvements.map(({ what, cost, saves, net }) => ({ what, cost, saves, net })),
    evidence: answers.evidence
      ? { cluster: answers.evidence.cluster, drills, lines: answers.evidence.lines }
      : null,
    unproven: answers.unproven,
  };
}

async function workOut(order: PlannerOrder): Promise<FromPlanner> {
  const { request, cluster, results } = order;
  const now = new Date();
  try {
    const plan = parsePlan(request.plan, "plan");
    const equipment = request.equipment ?? only(plan);
    const evidence =
      request.drilled && equipment !== undefined
        ? evidenceOf(
            { cluster, results: historyOf(results), equipment: clusterEquipment(plan, equipment) },
            plan,
            now,
          )
        : undefined;
    const simulation = { years: request.years, seed: request.seed };
    const answers = await answer({ plan, ...(evidence && { evidence }), now, simulation });
    return {
      answer: {
        ...shown(answers, evidence?.drills.length ?? 0),
        equipment: Object.keys(plan.equipment),
      },
    };
  } catch (error) {
    return { refused: error instanceof ConfigError ? error.problems : [messageOf(error)] };
  }
}

process.on("message", (order: PlannerOrder) => {
  workOut(order)
    .then((answer) => process.send?.(answer, () => process.exit(0)))
    .catch(() => process.exit(1));
});
process.on("disconnect", () => process.exit(1));
