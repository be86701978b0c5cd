import {
  type Contribution,
  contributions,
  type Improvement,
  improvements,
  type OutsideAdvice,
  outsideAdvice,
  type Sensitivity,
  type Spread,
  sensitivities,
  spread,
} from "./advice.ts";
import type { AlternativeId } from "./alternatives.ts";
import { type Assumption, assumptionsOf, buildModel } from "./build.ts";
import { type BusinessCase, businessCase, serverGroups } from "./business.ts";
import type { Plan } from "./checked-plan.ts";
import { forecast, type ServiceForecast } from "./closed.ts";
import { type Comparison, compareEvidence } from "./compare.ts";
import { type Evidence, withEvidence } from "./evidence.ts";
import { type Exposure, exposures, type UpsNeed, upsNeed } from "./exposure.ts";
import { moneyFormat, timeText } from "./format.ts";
import { checkPromise, type PromiseCheck } from "./promise.ts";
import { type RecoveryStep, recoveryOrder } from "./recovery.ts";
import type { SimulationResult } from "./results.ts";
import type { SimulationOptions } from "./simulate.ts";
import { simulateInThreads } from "./threads.ts";

/** Everything that the planner answers, as data. The terminal, the papers and --json show the same. */
export interface Answers {
  company: string;
  currency: string;
  /** Closed forms, one per service, in the plan's order. */
  services: ServiceForecast[];
  simulation: SimulationResult;
  spread: Spread;
  promises: PromiseCheck[];
  businessCases: BusinessCase[];
  /** The group that the sensitivity is about: the servers whose set-up matters most for the loss. */
  mainGroup: string | undefined;
  sensitivity: Sensitivity[];
  contributions: Contribution[];
  improvements: Improvement[];
  outside: OutsideAdvice[];
  exposures: Exposure[];
  ups: UpsNeed;
  recovery: RecoveryStep[];
  assumptions: Assumption[];
  /** Prediction against measurement, when a cluster's file was given. */
  evidence?: { cluster: string; taken: string; lines: Comparison[]; unproven: string[] };
  /** Promises and figures that rest on a take-over without any drill. */
  unproven: string[];
}

export interface Inputs {
  plan: Plan;
  evidence?: Evidence;
  now: Date;
  simulation: SimulationOptions;
}

/** The servers whose business case matters most: those whose total loss differs most between the alternatives. */
function mainOf(cases: readonly BusinessCase[]): string | undefined {
  const swing = ({ alternatives }: BusinessCase) => {
    const losses = alternatives.map((each) => each.loss);
    return Math.max(...losses) - Math.min(...losses);
  };
  return cases.toSorted((a, b) => swing(b) - swing(a))[0]?.group;
}

function unprovenOf(plan: Plan, promises: readonly PromiseCheck[], evidence: Evidence | undefined): string[] {
  return promises.flatMap(({ service, links, x, recoverWithin, survivesWanted }) =>
    links
      .filter((link) => link.spare > 0 && (x ?? recoverWithin ?? survivesWanted) !== undefined)
      .filter(({ equipment }) => evidence?.equipment !== equipment || evidence.drills.length === 0)
      .map(
        ({ equipment }) =>
          `The promise for '${service}' rests on the take-over of '${equipment}', and no drill has shown that it works in the time assumed${plan.equipment[equipment]?.tested ? "" : " (nor does the plan say how often it is tested)"}.`,
      ),
  );
}

/** Computes all answers. Runs the simulation in threads while the closed forms are worked out here. */
export async function answer({
  plan: written,
  evidence,
  now,
  simulation: options,
}: Inputs): Promise<Answers> {
  const plan = evidence ? withEvidence(written, evidence) : written;
  const model = buildModel(plan);
  const running = simulateInThreads(model, options);
  // Awaited below; a failure in between must not be reported as unhandled.
  running.catch(() => undefined);
  const money = moneyFormat(plan.currency);
  const services = forecast(model);
  const cases = serverGroups(plan).map((group) => businessCase(plan, group, money));
  const mainGroup = mainOf(cases);
  const sensitivity = mainGroup === undefined ? [] : sensitivities(plan, mainGroup);
  const steps = {
    spread: spread(plan, options.seed),
    contributions: contributions(services),
    improvements: improvements(plan),
    outside: outsideAdvice(plan, services),
    exposures: exposures(plan),
    ups: upsNeed(plan),
    recovery: recoveryOrder(plan),
    assumptions: assumptionsOf(plan),
  };
  const simulation = await running;
  const promises = services.map((service, index) =>
    checkPromise(plan, service, simulation.services[index]?.brokenPerYear, timeText),
  );
  const lines = evidence && compareEvidence(written, evidence, now);
  return {
    company: plan.company,
    currency: plan.currency,
    services,
    simulation,
    promises,
    businessCases: cases,
    mainGroup,
    sensitivity,
    ...steps,
    ...(evidence &&
      lines && {
        evidence: {
          cluster: evidence.cluster,
          taken: evidence.taken,
          lines,
          unproven: lines
            .filter((line) => line.verdict === "not proven" || line.verdict === "worse")
            .map((line) => `${line.what}: ${line.words}`),
        },
      }),
    unproven: unprovenOf(plan, promises, evidence),
  };
}

/** Names of the alternatives for sentences. */
export const alternativeName = (cases: readonly BusinessCase[], id: AlternativeId | undefined): string =>
  cases
    .flatMap((each) => each.alternatives)
    .find((each) => each.id === id)
    ?.name.toLowerCase() ?? "–";
