/** The database could not be asked: absent, without quorum, or slower than the deadline. Always worth a retry. */
export class DatabaseUnavailable extends Error {
  readonly code = "DATABASE_UNAVAILABLE";
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DatabaseUnavailable";
  }
}

/** Server error numbers after which the same transaction may simply be run again. */
const retryableErrno = new Set([
  1205, // lock wait timeout
  1213, // deadlock, and Galera's certification failure: at any statement or at COMMIT
  1020, // record has changed since last read (innodb_snapshot_isolation)
  1047, // WSREP has not yet prepared node for application use: no quorum, joining
  1180, // error during COMMIT: in-flight write of the minority side
  1053, // server shutdown in progress
  1040, // too many connections
  1129, // host is blocked
  1317, // query was interrupted
  1927, // connection was killed
  2006, // server has gone away
  2013, // lost connection during query
  1290, // --read-only: it has not caught up with the other node (asynchronous replication)
]);

const retryableCode = new Set([
  "DATABASE_UNAVAILABLE",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ECONNABORTED",
]);

const field = (error: unknown, name: string): unknown =>
  typeof error === "object" && error !== null ? (error as Record<string, unknown>)[name] : undefined;

/** The number of a server error (such as 1213), or undefined. */
export const errnoOf = (error: unknown): number | undefined => {
  const errno = field(error, "errno");
  return typeof errno === "number" ? errno : undefined;
};

/** True when running the whole transaction again can succeed: conflicts, lost quorum, lost connections. */
export function isRetryable(error: unknown): boolean {
  const errno = errnoOf(error);
  if (errno !== undefined && retryableErrno.has(errno)) return true;
  const code = field(error, "code");
  return (typeof code === "string" && retryableCode.has(code)) || field(error, "fatal") === true;
}

/** True when this endpoint itself is no good now, so that another node's database should be tried. */
export function isEndpointFault(error: unknown): boolean {
  const errno = errnoOf(error);
  return isRetryable(error) && errno !== 1213 && errno !== 1205 && errno !== 1020;
}

/** Server errors that are about the very values of a row and will never go away by waiting. */
const dataFaults = new Set([
  1048, // column can not be null
  1264, // out of range
  1265, // data truncated
  1292, // truncated or incorrect value
  1366, // incorrect string value
  1406, // data too long
  1690, // value is out of range
]);

/** True when this very data is refused. Everything else (a missing table, a full disk) is worth waiting for. */
export function isDataFault(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno !== undefined && dataFaults.has(errno);
}
