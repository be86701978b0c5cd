import { messageOf } from "../base/message.ts";
import { type HostContext, peersOf, runFiles } from "../cluster/facts.ts";
import { NoAnswer, type Question, Refused } from "../http/client.ts";
import { PeerReader } from "../http/peer-reader.ts";
import { Problem } from "../http/problems.ts";
import { socketClient } from "../http/socket.ts";
import { type PeerNews, readCluster, readReport } from "../report/host-report.ts";

/** The app's way to the agents: its host's by the unix socket, the others' by HTTPS, where it only reads. */

const deadlineMs = 1000;
const peerMs = 800;

export class AgentDoor implements AsyncDisposable {
  private readonly context: HostContext;
  private readonly peers: PeerReader;
  /** What the own agent said last, and when (performance.now()). */
  private last: { at: number; entries: PeerNews[] } | undefined;

  constructor(context: HostContext) {
    this.context = context;
    this.peers = new PeerReader(context);
  }

  /** One question to the own agent. @throws Problem `agent-unavailable`, `not-now` with the agent's words */
  async ask(
    method: NonNullable<Question["method"]>,
    path: string,
    body?: unknown,
    withinMs = deadlineMs,
  ): Promise<unknown> {
    const client = socketClient(runFiles(this.context.dirs).agentAppSocket);
    try {
      return await client.json({
        method,
        path,
        deadlineMs: withinMs,
        ...(body === undefined ? {} : { body }),
      });
    } catch (error) {
      if (error instanceof Refused) throw new Problem("not-now", wordsOf(error.text));
      if (error instanceof NoAnswer) throw new Problem("agent-unavailable", this.silence(error));
      throw error;
    }
  }

  private silence(error: unknown): string {
    const { name } = this.context.self;
    return `the agent of ${name}, the node that answers you, does not answer (${messageOf(error)})`;
  }

  /** The reports of all hosts; without the own agent those that the others give, and its own last one. */
  async cluster(): Promise<{ entries: PeerNews[]; problem: string | null }> {
    try {
      const socket = socketClient(runFiles(this.context.dirs).agentAppSocket);
      const entries = readCluster(await socket.json({ path: "/cluster", deadlineMs }));
      this.last = { at: performance.now(), entries };
      return { entries, problem: null };
    } catch (error) {
      const others = await Promise.all(
        peersOf(this.context.cluster, this.context.self.name).map(async ({ name }) => {
          try {
            return [{ ageMs: 0, report: readReport(await this.peers.get(name, "/status", peerMs)) }];
          } catch {
            // What it said last, by way of the own agent, stands below with its age.
            return [];
          }
        }),
      );
      const heard = others.flat();
      const known = new Set(heard.map(({ report }) => report.host));
      const { at, entries } = this.last ?? { at: 0, entries: [] };
      const before = entries
        .filter(({ report }) => !known.has(report.host))
        .map(({ ageMs, report }) => ({ ageMs: ageMs + performance.now() - at, report }));
      return { entries: [...heard, ...before], problem: this.silence(error) };
    }
  }

  /** From another host's agent. @throws NoAnswer, Refused */
  readPeer(host: string, path: string, withinMs: number): Promise<unknown> {
    return this.peers.get(host, path, withinMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peers.close();
  }
}

/** The agent's refusals are {"error": …} or a problem document. */
function wordsOf(text: string): string {
  try {
    const { error, detail } = JSON.parse(text) as { error?: unknown; detail?: unknown };
    return String(error ?? detail ?? text);
  } catch {
    return text;
  }
}
