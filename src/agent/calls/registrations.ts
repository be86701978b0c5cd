import { isDeepStrictEqual } from "node:util";
import writeFileAtomic from "write-file-atomic";
import { messageOf } from "../../base/message.ts";
import { type HostContext, replicates } from "../../cluster/facts.ts";
import {
  type LocationSnapshot,
  loadSnapshot,
  readLocations,
  snapshotFile,
  snapshotSchema,
} from "../../components/kamailio/locations.ts";
import { Refused } from "../../http/client.ts";
import { PeerReader } from "../../http/peer-reader.ts";

/**
 * The passive policies' copy of the registrations: the holder lists its own every few seconds, the others fetch that list
 * from its agent, and everybody keeps it on disk. Kamailio reads it at its start (components/kamailio/locations.ts).
 */

const everyMs = 5000;
const deadlineMs = 3000;

type Tell = (subject: string, text: string) => void;

export class RegistrationsCopy {
  private readonly context: HostContext;
  private readonly tell: Tell;
  private readonly reader: PeerReader;
  private latest: LocationSnapshot | undefined;
  private busy = false;
  private nextAt = 0;
  private problem = "";

  constructor(context: HostContext, tell: Tell) {
    this.context = context;
    this.tell = tell;
    this.reader = new PeerReader(context);
  }

  /** What other agents are told: GET /registrations. */
  get snapshot(): LocationSnapshot | undefined {
    return this.latest;
  }

  get some(): boolean {
    return (this.latest?.contacts.length ?? 0) > 0;
  }

  /** Reads what an earlier agent kept. */
  async start(): Promise<void> {
    if (replicates(this.context.cluster)) return;
    try {
      this.latest = await loadSnapshot(this.context);
    } catch (error) {
      this.tell("registrations", `${snapshotFile(this.context)} is not used: ${messageOf(error)}`);
    }
  }

  /**
   * Called with each tick of the agent.
   * @param holder who has the service address, if somebody is known to; `serving`: it is this host, and its SIP server answers.
   */
  tick(now: number, holder: string | undefined, serving: boolean): void {
    if (replicates(this.context.cluster) || this.busy || now < this.nextAt) return;
    const { self } = this.context;
    if (holder === undefined || (holder === self.name && !serving)) return;
    this.busy = true;
    this.nextAt = now + everyMs;
    void this.renew(holder);
  }

  /** The next look comes at once. */
  hurry(): void {
    this.nextAt = 0;
  }

  private async renew(holder: string): Promise<void> {
    const { context } = this;
    try {
      const news =
        holder === context.self.name
          ? await readLocations(context, AbortSignal.timeout(deadlineMs))
          : await this.fetch(holder);
      if (news && !isDeepStrictEqual(news.contacts, this.latest?.contacts)) {
        await writeFileAtomic(snapshotFile(context), JSON.stringify(news), { mode: 0o600 });
        this.latest = news;
      }
      this.problem = "";
    } catch (error) {
      const problem = messageOf(error);
      if (problem !== this.problem) this.tell("registrations", `not copied from ${holder}: ${problem}`);
      this.problem = problem;
    } finally {
      this.busy = false;
    }
  }

  private async fetch(holder: string): Promise<LocationSnapshot | undefined> {
    try {
      return snapshotSchema.parse(await this.reader.get(holder, "/registrations", deadlineMs));
    } catch (error) {
      // The holder has not looked yet.
      if (error instanceof Refused && error.status === 404) return undefined;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.reader.close();
  }
}
