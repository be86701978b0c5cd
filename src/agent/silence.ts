import { connect } from "node:net";
import type { HostReport } from "./report.ts";

/**
 * Why does another host's agent not answer? Its kernel knows: it accepts connections for a process that hangs, refuses
 * them for one that is dead, and is itself silent when the host is without power or cut off.
 */
export type Silence = "agent-hangs" | "agent-dead" | "host-unreachable";

export const silenceText: Record<Silence, string> = {
  "agent-hangs": "the host is there, but its agent hangs",
  "agent-dead": "the host is there, but no agent runs on it",
  "host-unreachable": "the host is off or cut off",
};

/**
 * Why is a host silent, as those found out who do not hear it? Who reached its kernel knows better than one to whom it is
 * cut off. unknown: they have not asked yet. undefined: nobody misses it. Pure.
 */
export function silenceOf(
  host: string,
  heard: readonly Pick<HostReport, "watch">[],
): Silence | "unknown" | undefined {
  const said = heard.flatMap(({ watch }) => watch?.silent?.[host] ?? []);
  const order = ["agent-hangs", "agent-dead", "host-unreachable", "unknown"] as const;
  return order.find((why) => said.includes(why));
}

/** Opens a TCP connection and closes it again. */
export const askWhySilent = (address: string, port: number, deadlineMs: number): Promise<Silence> =>
  new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const answer = (silence: Silence) => {
      socket.destroy();
      resolve(silence);
    };
    socket.setTimeout(deadlineMs, () => answer("host-unreachable"));
    socket.once("connect", () => answer("agent-hangs"));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      answer(error.code === "ECONNREFUSED" ? "agent-dead" : "host-unreachable"),
    );
  });
