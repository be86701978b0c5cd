import type { Figures } from "../../src/drills/measure.ts";
import { type DrillResult, refusedText } from "../../src/drills/result.ts";

/**
 * What a fault cost callers. Calls that were refused because there were more than the nodes could carry are no part of it:
 * that says how much else the machine had to do, and how many they may be is the business of bench/overload.ts.
 */
export const harm = (figures: Figures): { lost: number; redialsFailed: number } => ({
  lost: figures.lost - figures.lostToLoad,
  redialsFailed: figures.redialsFailed - figures.redialsToLoad,
});

/** The promises of a drill that were broken, in the same sense. */
export const brokenPromises = ({ broken }: DrillResult): string[] =>
  broken.filter((promise) => !promise.endsWith(refusedText));
