import { connect } from "node:net";
import type { Silence } from "../../report/silence.ts";

/** Why does another host's agent not answer? */

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
