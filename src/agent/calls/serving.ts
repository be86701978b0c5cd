import { messageOf } from "../../base/message.ts";
import { type HostContext, servesAtOwnAddress } from "../../cluster/facts.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { judgeServing } from "../../movers/serving.ts";
import type { Observation } from "../../report/observation.ts";

const againMs = 1000;

/**
 * Does this node take calls at its own address? Kamailio is told (key `out` of its table `state`): it refuses new calls
 * with 503 and answers the edges' OPTIONS alike, so that callers and edges go to another node.
 */
export class Serving {
  private readonly context: HostContext;
  private readonly tell: (text: string) => void;
  verdict: { ok: boolean; why: string[] } | undefined;
  /** What Kamailio knows; undefined: nothing yet, or it has been restarted. */
  private told: boolean | undefined;
  private telling = false;
  private nextTry = 0;

  constructor(context: HostContext, tell: (text: string) => void) {
    this.context = context;
    this.tell = tell;
  }

  /** Does every node have calls of its own here, whoever holds the service address? */
  get carries(): boolean {
    return this.context.self.role === "node" && servesAtOwnAddress(this.context.cluster);
  }

  /** Called with each tick of the agent. */
  tick(observation: Observation): void {
    if (!this.carries) return;
    const verdict = judgeServing(observation);
    if (verdict.ok !== this.verdict?.ok) this.tell(verdict.ok ? "takes calls" : verdict.why.join("; "));
    this.verdict = verdict;
    if (observation.parts.kamailio?.ok !== true) {
      this.told = undefined;
      return;
    }
    if (this.told !== verdict.ok && !this.telling && performance.now() >= this.nextTry)
      void this.inform(verdict.ok);
  }

  private async inform(serves: boolean): Promise<void> {
    this.telling = true;
    const signal = AbortSignal.timeout(againMs);
    try {
      if (serves)
        // No such key, which is normal, is a fault.
        await kamailioRpc(this.context, "htable.delete", ["state", "out"], signal).catch((error: unknown) => {
          if (!messageOf(error).startsWith("Kamailio says:")) throw error;
        });
      else await kamailioRpc(this.context, "htable.seti", ["state", "out", 1], signal);
      this.told = serves;
    } catch (error) {
      this.tell(`Kamailio could not be told: ${messageOf(error)}`);
      this.nextTry = performance.now() + againMs;
    } finally {
      this.telling = false;
    }
  }
}
