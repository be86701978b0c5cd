import type { HostContext } from "../../cluster/facts.ts";
import type { Command, GeneratedFile } from "../../host/generated.ts";
import type { PartName } from "../../report/parts.ts";

/** How a part is to be started. */
export interface StartHow {
  signal: AbortSignal;
  /**
   * MariaDB: make a new Primary Component from this node's data (or from nothing) instead of joining one.
   * garbd: forget the last component. Others ignore it.
   */
  bootstrap: boolean;
  /** MariaDB: where its data end in the cluster's history, when that was found out a moment ago. */
  position?: { uuid: string; seqno: number };
}

/** What a functional check found. `detail` is one line for people. */
export interface Health<Facts = unknown> {
  ok: boolean;
  detail: string;
  facts?: Facts;
}

/**
 * One stock part: what it writes to disk, how it starts, how it is asked for its health.
 * A component holds no state and no timers; the agent owns both.
 */
export interface Component {
  name: PartName;
  /** Directories to make before start. */
  directories?(context: HostContext): { path: string; owner?: string; mode?: number }[];
  /** Pure: the generated configuration. */
  files(context: HostContext): GeneratedFile[];
  /** Work before each start that can take long (initialise, recover a position); returns further arguments. */
  prepare?(context: HostContext, how: StartHow): Promise<string[]>;
  command(context: HostContext): Command;
  /** What else the part reads at its start: a running part that was started with something else is restarted. */
  reads?(context: HostContext): string;
  /** Asks the running part whether it does its job. Rejects or resolves before `signal` aborts. */
  probe(context: HostContext, signal: AbortSignal): Promise<Health>;
  /** Local ports of its sockets: what waits in their queues is evidence, when it is silent. */
  ports?(context: HostContext): number[];
  /** Between two probes while it answers. Death is seen from the exit event; this finds what hangs. */
  probeEveryMs: number;
  /** One probe's deadline. */
  probeDeadlineMs: number;
  /** Sick (hung) when no probe succeeded for so long although the process lives. */
  sickAfterMs: number;
  /** A started process that never succeeded is sick after so long. */
  startTimeoutMs: number;
  /** A sick process is killed and restarted after so long; null: never (it must recover by itself). */
  killAfterMs: number | null;
  /** SIGTERM at an orderly stop, then SIGKILL after so long. */
  stopGraceMs: number;
}
