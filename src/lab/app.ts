import { messageOf } from "../base/message.ts";
import { askSocket } from "../http/socket.ts";
import { appSocketOf } from "./agents.ts";
import type { LabState } from "./state.ts";

/**
 * One request to the HTTP API of a lab, by the unix socket of the first node whose app answers.
 * @throws Error with what each node said.
 */
export async function askApp(
  state: LabState,
  method: "GET" | "POST" | "PUT",
  path: string,
  options: { body?: unknown; deadlineMs?: number } = {},
): Promise<unknown> {
  const problems: string[] = [];
  for (const [name, host] of Object.entries(state.hosts)) {
    if (host.role !== "node" || !host.powered || host.data === null) continue;
    try {
      return await askSocket(appSocketOf(host.data), method, path, options);
    } catch (error) {
      problems.push(`${name}: ${messageOf(error)}`);
    }
  }
  throw new Error(`no app of lab '${state.lab}' answers ${method} ${path}: ${problems.join("; ")}`);
}
