import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { type HostContext, nodes } from "../cluster/facts.ts";
import type { HttpClient } from "../http/client.ts";
import { peerClient } from "../http/peer-reader.ts";
import { type HostReport, readReport } from "../report/host-report.ts";

/** What an instruction says about who gives it. */
export const claimSchema = z.object({ host: z.string().max(64), term: z.int().min(0) });
export type Claim = z.infer<typeof claimSchema>;

/** What this host's agent knows about the service address. */
export type AddressView = Pick<HostReport, "host" | "holds" | "term" | "sees">;

/** News of a host that is older does not prove anything. */
const freshMs = 2000;

/**
 * May this host do the owner's work (make, copy and delete recordings)? It holds the service address, and nobody that it
 * sees holds it too. Pure. @returns why not, or undefined.
 */
export function whyNotOwner(view: AddressView): string | undefined {
  if (!view.holds) return "this node does not hold the service address";
  const other = Object.entries(view.sees).find(([, seen]) => seen.holds && seen.ageMs < freshMs);
  return other ? `${other[0]} holds the service address too` : undefined;
}

/**
 * May `claim.host` tell this host to change its files? Only if this host's own agent sees it hold the service address, now,
 * by the term that it names, and nobody else does; and never by an older term than one that was obeyed before. Pure.
 * @returns why not, or undefined.
 */
export function whyRefused(
  claim: Claim,
  view: AddressView,
  nodeNames: readonly string[],
  highestTerm: number,
): string | undefined {
  const { host, term } = claim;
  if (host === view.host || !nodeNames.includes(host)) return `${host} is no other node of this cluster`;
  if (view.holds) return "this node holds the service address itself";
  const seen = view.sees[host];
  if (!seen || seen.ageMs >= freshMs) return `this node's agent has no news of ${host}`;
  if (!seen.holds) return `${host} does not hold the service address`;
  if (seen.term !== term) return `${host} holds the service address by term ${seen.term}, not ${term}`;
  if (term < highestTerm) return `term ${term} is over: ${highestTerm} was obeyed already`;
  const rival = Object.entries(view.sees).find(
    ([name, other]) => name !== host && other.holds && other.ageMs < freshMs,
  );
  return rival ? `${rival[0]} holds the service address too` : undefined;
}

const fenceSchema = z.object({ term: z.int() });

/** Asks this host's agent, and remembers the newest term that was obeyed, also over restarts. */
export class AddressWatch implements AsyncDisposable {
  private readonly context: HostContext;
  private readonly file: string;
  private readonly agent: HttpClient;

  constructor(context: HostContext, file: string) {
    this.context = context;
    this.file = file;
    const { port } = context.cluster.agent;
    this.agent = peerClient(context, context.self.name, { port, connections: 2, connectMs: 500 });
  }

  /** @throws Error when the agent does not answer: then nobody knows who holds the address. */
  async view(): Promise<AddressView> {
    return readReport(await this.agent.json({ path: "/status", deadlineMs: 1000 }));
  }

  /** Checks an instruction and, if it is obeyed, remembers its term. @returns why it is refused, or undefined. */
  async check(claim: Claim): Promise<string | undefined> {
    const names = nodes(this.context.cluster).map((node) => node.name);
    let view: AddressView;
    try {
      view = await this.view();
    } catch (error) {
      return `this node's agent does not say who holds the service address (${messageOf(error)})`;
    }
    const highest = await this.highest();
    const why = whyRefused(claim, view, names, highest);
    if (why === undefined && claim.term > highest)
      await writeFileAtomic(this.file, JSON.stringify({ term: claim.term }));
    return why;
  }

  private async highest(): Promise<number> {
    try {
      return fenceSchema.parse(JSON.parse(await readFile(this.file, "utf8"))).term;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return 0;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent[Symbol.asyncDispose]();
  }
}
