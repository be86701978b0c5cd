import { z } from "zod";
import { messageOf } from "../../base/message.ts";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import type { RpcValue } from "../../components/kamailio/binrpc.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { callIdOf, sessionsListed } from "../../components/rtpengine/control.ts";
import { askSocket } from "../../http/socket.ts";

/**
 * Forgets what Kamailio still remembers of calls that are over. A BYE removes its call's row from the table `dlg` on both
 * nodes, but its news can get lost (a node was away, a BYE met nobody); such a row would stay for the longest time of
 * a call. docs/decisions/0011-ended-audio.md
 */

const everyMs = 60_000;
const deadlineMs = 2000;
/** Questions to the app in one sweep: what is left comes in the next one. */
const most = 50;

/** Keys (sessions) in Kamailio's answer to `htable.dump`. Pure. */
export function keysIn(dump: RpcValue[]): string[] {
  const isStruct = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const names = (value: unknown): string[] => {
    if (Array.isArray(value)) return value.flatMap(names);
    if (!isStruct(value)) return [];
    if (typeof value.name === "string") return [value.name];
    return Object.values(value).flatMap(names);
  };
  return dump.flatMap(names);
}

const pageSchema = z.object({ records: z.array(z.object({ closed_how: z.string().nullable() })) });

export class DialogSweep {
  private readonly context: HostContext;
  private readonly tell: (subject: string, text: string) => void;
  private nextAt: number;

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    this.context = context;
    this.tell = tell;
    this.nextAt = performance.now() + everyMs;
  }

  /** Call it often, on the holder of the service address; sweeps once a minute. */
  async look(): Promise<void> {
    if (performance.now() < this.nextAt) return;
    this.nextAt = performance.now() + everyMs;
    try {
      await sweep(this.context);
    } catch (error) {
      // Nothing is lost by a sweep that did not come about.
      this.tell("dialogs", `rows of calls that are over could not be looked for: ${messageOf(error)}`);
    }
  }
}

const rpc = (context: HostContext, method: string, params: string[]) =>
  kamailioRpc(context, method, params, AbortSignal.timeout(deadlineMs));

/** A row goes only when the relay does not know its call and the call's record is closed. */
async function sweep(context: HostContext): Promise<void> {
  const remembered = keysIn(await rpc(context, "htable.dump", ["dlg"]));
  if (remembered.length === 0) return;
  const talking = await sessionsListed("all", AbortSignal.timeout(deadlineMs));
  const silent = remembered.filter((session) => !talking.has(session)).slice(0, most);
  for (const session of silent) {
    const path = `/v1/records?call_id=${encodeURIComponent(callIdOf(session))}`;
    const answer = await askSocket(runFiles(context.dirs).appSocket, "GET", path, { deadlineMs });
    const { records } = pageSchema.parse(answer);
    if (records.length > 0 && records.every((record) => record.closed_how !== null))
      await rpc(context, "htable.delete", ["dlg", session]);
  }
}
