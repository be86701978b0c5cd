import { HttpClient, type Question } from "./client.ts";

/** One client for each unix socket that this process asks, so that a question finds an open connection. */
const clients = new Map<string, HttpClient>();

/** The client of a unix socket of a host's agent or app. */
export function socketClient(socketPath: string): HttpClient {
  const known = clients.get(socketPath) ?? new HttpClient({ name: socketPath, socketPath });
  clients.set(socketPath, known);
  return known;
}

/**
 * One request to a unix socket of a host's agent or app, answered within `deadlineMs` (default 1 s).
 * @throws NoAnswer when nobody answers, or not in time; Refused when not with 2xx.
 */
export const askSocket = (
  socketPath: string,
  method: NonNullable<Question["method"]>,
  path: string,
  { deadlineMs = 1000, ...options }: Pick<Question, "body" | "deadlineMs" | "signal"> = {},
): Promise<unknown> => socketClient(socketPath).json({ ...options, method, path, deadlineMs });

/** Closes all of them; for the end of a process. Whoever asks again gets a new connection. */
export async function closeSockets(): Promise<void> {
  const open = [...clients.values()];
  clients.clear();
  await Promise.all(open.map((client) => client[Symbol.asyncDispose]()));
}
