import type { DatabaseFacts } from "../../report/database.ts";
import type { HostReport } from "../../report/host-report.ts";
import type { Part } from "../parts/part.ts";

/** What both keepers of a database say of its part, whichever way it replicates. */

/** What the database said last; undefined: it does not answer. */
export const factsOf = (part: Part | undefined): DatabaseFacts | undefined =>
  part?.report().ok ? (part.health?.facts as DatabaseFacts | undefined) : undefined;

type Report = NonNullable<HostReport["database"]>;

/** @param waits why it is not started; undefined: it is, or nobody has asked. */
export const databaseReport = (
  part: Part,
  facts: DatabaseFacts | undefined,
  own: Pick<Report, "disk" | "settled" | "withoutPrimaryMs">,
  waits: string | undefined,
): Report => ({
  phase: !part.running ? "down" : part.mayHaveAnswered ? "running" : "starting",
  ...(facts ? { facts } : {}),
  ...own,
  ...(waits ? { waiting: waits } : {}),
});
