import type { ReplicationFacts } from "../../report/database.ts";
/** How a database follows the other node's, from what the server says of it. Pure. */

/** The row of SHOW ALL SLAVES STATUS, as far as it is read. https://mariadb.com/kb/en/show-replica-status/ */
export interface SlaveStatus {
  Slave_IO_Running: string;
  Slave_SQL_Running: string;
  Last_IO_Errno: number;
  Last_IO_Error: string;
  Last_SQL_Errno: number;
  Last_SQL_Error: string;
}

/**
 * An error of the applying thread quotes the statement, and with it the digests of passwords and the numbers of callers:
 * what comes after the fault itself is left out.
 */
export const withoutData = (error: string): string =>
  (error.split(/ on query[.]|; the event's master log|[.] Query:/)[0] ?? "").slice(0, 200);

/** Sequence number of `domain` in a GTID list such as `1-1-5,2-2-9`; 0: none. https://mariadb.com/kb/en/gtid/ */
export function sequenceOf(list: string, domain: number): number {
  const found = list
    .split(",")
    .map((gtid) => gtid.trim().split("-"))
    .find(([first]) => first === String(domain));
  return Number(found?.[2] ?? 0);
}

/** @param row undefined: the server was never told whom to follow. */
export function replicationOf(
  row: SlaveStatus | undefined,
  known: Pick<ReplicationFacts, "from" | "id" | "own" | "applied" | "readOnly"> & { copying: boolean },
): ReplicationFacts {
  const { copying, ...base } = known;
  if (copying) return { ...base, state: "copying" };
  if (!row) return { ...base, state: "new" };
  const fault = (errno: number, words: string, none: string) => ({
    error: errno === 0 ? none : `error ${errno}: ${withoutData(words)}`,
    errno,
  });
  if (row.Slave_SQL_Running !== "Yes") {
    const state = row.Last_SQL_Errno === 0 ? "interrupted" : "stopped";
    return { ...base, state, ...fault(row.Last_SQL_Errno, row.Last_SQL_Error, "not started") };
  }
  if (row.Slave_IO_Running === "Yes") return { ...base, state: "following" };
  // "No" with an error: the server has given up (1236: what it needs is not in the other's log).
  const given = row.Slave_IO_Running === "No" && row.Last_IO_Errno !== 0;
  const found = fault(row.Last_IO_Errno, row.Last_IO_Error, "not connected");
  return { ...base, state: given ? "stopped" : "interrupted", ...found };
}
