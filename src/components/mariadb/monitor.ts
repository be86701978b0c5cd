import type mysql from "mysql2/promise";
import { type HostContext, runFiles } from "../../cluster/facts.ts";

/** Asking the own database how it is. */

/**
 * One connection for each host, kept between probes: a handshake four times a second costs both sides more than the
 * question. It is dropped at the first failure, and with the server.
 */
const monitors = new Map<string, Promise<mysql.Connection>>();

function monitor(context: HostContext): Promise<mysql.Connection> {
  const socketPath = runFiles(context.dirs).mariadbSocket;
  const known = monitors.get(socketPath);
  if (known !== undefined) return known;
  const password = context.secrets.database.monitor;
  // Loaded by those who have a database only: a witness's agent needs no 6 MB for it.
  const made = import("mysql2/promise")
    .then(({ createConnection }) =>
      createConnection({ socketPath, user: "monitor", password, connectTimeout: 1000 }),
    )
    .then((connection) => {
      // An 'error' without a listener would end the agent when the server dies between two statements.
      connection.on("error", () => forget(socketPath, made));
      return connection;
    });
  monitors.set(socketPath, made);
  return made;
}

function forget(socketPath: string, made: Promise<mysql.Connection>): void {
  if (monitors.get(socketPath) === made) monitors.delete(socketPath);
  // One that never came about has nothing to close; its failure was told to who asked for it.
  made.then((connection) => connection.destroy()).catch(() => undefined);
}

/** Asks the own server as `monitor`. @throws Error when it does not answer before `signal` aborts. */
export async function askServer<T>(
  context: HostContext,
  signal: AbortSignal,
  question: (connection: mysql.Connection) => Promise<T>,
): Promise<T> {
  const made = monitor(context);
  const late = Promise.withResolvers<never>();
  const onAbort = () => late.reject(new Error("no answer to SHOW STATUS in time"));
  signal.addEventListener("abort", onAbort);
  try {
    const connection = await Promise.race([made, late.promise]);
    return await Promise.race([question(connection), late.promise]);
  } catch (error) {
    forget(runFiles(context.dirs).mariadbSocket, made);
    throw error;
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
