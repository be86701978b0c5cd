import { z } from "zod";
import { socketClient } from "../http/socket.ts";
import { askReport } from "../report/ask.ts";
import type { LightCode } from "../report/light.ts";

/** Asks an agent to hand the service address over. */

/**
 * Hands the service address from the holder (whose agent answers at `socket`) to the other node and waits until it has.
 * Refused while the other node's light is not green, but for the reasons whose codes are in `accept`.
 * @throws Error with the reasons when it is refused, or it is not done within 5 s.
 */
export async function switchOver(
  socket: string,
  force: boolean,
  accept: readonly LightCode[] = [],
): Promise<{ to: string; ms: number }> {
  const began = performance.now();
  const answer = await order(socket, force, accept);
  if ("reasons" in answer)
    throw new Error(
      `refused:\n  ${answer.reasons.join("\n  ")}${force ? "" : "\n--accept CODE lets one of these pass, --force all but what makes it impossible."}`,
    );
  while ((await askReport(socket)).holds) {
    if (performance.now() - began > 5000)
      throw new Error(`${answer.to} has not taken the service address; see 'dialtone status'`);
    await new Promise((done) => setTimeout(done, 10));
  }
  return { to: answer.to, ms: Math.round(performance.now() - began) };
}

/** Asks an agent to hand the address over; a refusal is an answer. */
export async function order(
  socketPath: string,
  force: boolean,
  accept: readonly string[],
): Promise<z.infer<typeof answerSchema>> {
  const path = `/switchover?force=${force}&accept=${accept.join(",")}`;
  const { text } = await socketClient(socketPath).ask({ method: "POST", path, deadlineMs: 2000 });
  return answerSchema.parse(JSON.parse(text));
}

export const answerSchema = z.union([
  z.object({ to: z.string() }),
  z.object({ reasons: z.array(z.string()) }),
]);
