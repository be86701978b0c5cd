/** How a database follows the other node's, from what the server says of it. Pure. */

export interface ReplicationFacts {
  /** The node that it follows. */
  from: string;
  /** Of the own data: another one when they were made anew. */
  id: string;
  /**
   * `new`: it has not been told yet; `copying`: it has no data of its own and copies the other's; `following`: it applies
   * what the other does; `interrupted`: the other does not answer, the server tries again by itself; `stopped`: it met
   * something that it can not apply, or can not get, and waits for a person.
   */
  state: "new" | "copying" | "following" | "interrupted" | "stopped";
  /** Number of the last own transaction, and of the other's last one that was applied here. */
  own: number;
  applied: number;
  /** The server refuses writes: it has not caught up since its start. */
  readOnly: boolean;
  /** Why it is interrupted or stopped, or the last copy failed: the server's words without the data that they quote. */
  error?: string;
  /** Its number. */
  errno?: number;
}

/** What is wrong with it, for people; nothing while it follows. */
export function replicationProblem(facts: ReplicationFacts | undefined): { problem?: string } {
  return facts === undefined || facts.state === "following" ? {} : { problem: replicationText(facts) };
}

export const replicationText = ({ from, state, error }: ReplicationFacts): string =>
  ({
    new: `does not follow ${from} yet`,
    copying: `copies the data of ${from}${error === undefined ? "" : ` (the last try: ${error})`}`,
    following: `follows ${from}`,
    interrupted: `does not reach ${from}: ${error}`,
    stopped: `replication from ${from} has stopped: ${error}`,
  })[state];

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
