import { Resolver } from "node:dns/promises";
import { join } from "node:path";
import { execa } from "execa";
import writeFileAtomic from "write-file-atomic";
import { canonicalIp6 } from "../base/ip6-schema.ts";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Observation } from "../report/observation.ts";
import {
  changesIn,
  desiredRecords,
  domainOf,
  keyFile,
  parseStamp,
  type RecordSet,
  type Stamp,
  stampName,
  stampText,
  targetsOf,
  updateScript,
} from "./records.ts";

/**
 * Moves users by DNS: the holder of the service address keeps the records of movers.dns as they should be. Any other
 * node leaves them alone; the stamp beside them settles it when two believe that they hold it. docs/movers.md
 */

const queryMs = 500;
const updateMs = 2000;
const retryMs = 500;
/** Somebody else may have changed the zone: look again. */
const verifyMs = 30_000;

type Tell = (subject: string, text: string) => void;

export class DnsMover {
  private readonly context: HostContext;
  private readonly tell: Tell;
  private readonly resolver = new Resolver({ timeout: queryMs, tries: 2 });
  /** What the server was seen to have, as text; undefined: not known. */
  private published: string | undefined;
  private busy = false;
  private next = 0;
  /** Why the records are not as they should be; undefined: they are, or are not our business. */
  problem: string | undefined;

  constructor(context: HostContext, tell: Tell) {
    this.context = context;
    this.tell = tell;
    const { dns } = context.cluster.movers;
    if (dns) this.resolver.setServers([`${dns.server}:${dns.port}`]);
  }

  /** Called with each tick of the agent. `serves`: this node takes calls at its own address. */
  tick(o: Observation, serves: boolean): void {
    const { cluster, self } = this.context;
    const { dns } = cluster.movers;
    if (!dns || self.role !== "node") return;
    if (!o.holds || o.stopping) {
      this.published = undefined;
      this.problem = undefined;
      return;
    }
    const desired = desiredRecords(targetsOf(o, cluster, serves), dns, cluster.sip.port);
    if (!desired || this.busy) return;
    const now = performance.now();
    // A change does not wait, unless the last attempt has just failed.
    const changed = JSON.stringify(desired) !== this.published;
    if (now < this.next && !(changed && this.problem === undefined)) return;
    void this.bringAbout(desired, o.term);
  }

  private async bringAbout(desired: RecordSet[], term: number): Promise<void> {
    this.busy = true;
    try {
      const problem = await this.update(desired, term);
      if (problem !== undefined && problem !== this.problem) this.tell("update", problem);
      this.problem = problem;
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.problem) this.tell("update", problem);
      this.problem = problem;
    } finally {
      this.published = this.problem === undefined ? JSON.stringify(desired) : undefined;
      this.next = performance.now() + (this.problem === undefined ? verifyMs : retryMs);
      this.busy = false;
    }
  }

  /** @returns what keeps us from it; undefined: the records are as desired. @throws Error when the server does not answer. */
  private async update(desired: RecordSet[], term: number): Promise<string | undefined> {
    const { cluster, self, secrets, dirs } = this.context;
    const { dns } = cluster.movers;
    if (!dns || secrets.dns_key === undefined) return "no key: dns_key is missing in cluster.secrets.yaml";
    const texts = await this.ask(async () =>
      (await this.resolver.resolveTxt(stampName(dns))).map((t) => t.join("")),
    );
    const before = texts[0] === undefined ? undefined : parseStamp(texts[0]);
    if (texts[0] !== undefined && !before)
      return `${stampName(dns)} has a TXT record that is not ours ("${texts[0]}"): remove it, or choose another movers.dns.name`;
    if (before && before.term > term)
      return `${before.writer} has written the records under a newer claim (term ${before.term}, ours is ${term})`;
    const current = await Promise.all(desired.map(({ name, type }) => this.read(name, type)));
    const changes = changesIn(current, desired, before?.ttl !== dns.ttl);
    if (changes.length === 0 && before?.writer === self.name && before.term === term) return undefined;
    const after: Stamp = { term, serial: (before?.serial ?? 0) + 1, ttl: dns.ttl, writer: self.name };
    const file = join(dirs.etc, "dns.key");
    await writeFileAtomic(file, keyFile(dns, secrets.dns_key), { mode: 0o600 });
    const result = await execa("nsupdate", ["-k", file, "-t", "1", "-u", "1", "-r", "1"], {
      input: updateScript(dns, changes, before, after),
      timeout: updateMs,
      reject: false,
    });
    if (result.exitCode !== 0) {
      const words = `${result.stderr}${result.stdout}`.trim().replaceAll("\n", " / ");
      return `${dns.server} did not take the update of ${domainOf(dns)}: ${words || `nsupdate ended with ${result.exitCode ?? "a timeout"}`}`;
    }
    const where = changes.find((set) => set.name === domainOf(dns) && set.type === "A");
    this.tell("updated", `${where ? `${where.name} is ${where.values.join(", ")}` : stampText(after)}`);
    return undefined;
  }

  private async read(name: string, type: RecordSet["type"]): Promise<RecordSet> {
    const values = await this.ask(async () => {
      switch (type) {
        case "A":
          return this.resolver.resolve4(name);
        case "AAAA":
          return (await this.resolver.resolve6(name)).map(canonicalIp6);
        case "SRV":
          return (await this.resolver.resolveSrv(name)).map(
            (one) => `${one.priority} ${one.weight} ${one.port} ${one.name}.`,
          );
        case "NAPTR":
          return (await this.resolver.resolveNaptr(name)).map(
            (one) =>
              `${one.order} ${one.preference} "${one.flags}" "${one.service}" "${one.regexp}" ${one.replacement}.`,
          );
      }
    });
    return { name, type, values: values.sort() };
  }

  /** "No such name" and "no such record" are answers. */
  private async ask(query: () => Promise<string[]>): Promise<string[]> {
    try {
      return await query();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENODATA" || code === "ENOTFOUND") return [];
      const { dns } = this.context.cluster.movers;
      throw new Error(`the name server ${dns?.server} does not answer (${code ?? messageOf(error)})`);
    }
  }
}
