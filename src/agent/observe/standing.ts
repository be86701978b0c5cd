import { z } from "zod";
import { probeUser } from "../../call/probe-user.ts";
import {
  type HostContext,
  nodes,
  replicates,
  runFiles,
  servesAtOwnAddress,
  voters,
} from "../../cluster/facts.ts";
import { lookUp } from "../../components/kamailio/locations.ts";
import { contactsKnown } from "../../components/kamailio/rpc.ts";
import { sessionCounts } from "../../components/rtpengine/control.ts";
import { lightOf, settle } from "../../explain/light.ts";
import { askSocket } from "../../http/socket.ts";
import type { AppHealth } from "../../report/app-health.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import type { Light } from "../../report/light.ts";
import type { PartName } from "../../report/parts.ts";
import { type LastDrill, lastDrillSchema, type Standing } from "../../report/standing.ts";
import type { Part } from "../parts/part.ts";

const everyMs = 2000;
const drillsEveryMs = 5000;
const deadlineMs = 1000;
const lightEveryMs = 200;

const drillsSchema = z.object({ drills: z.array(lastDrillSchema) });

/** Collects what the light compares, and keeps the light of this host. Asks its parts at most every 2 s. */
export class StandingWatch {
  private readonly context: HostContext;
  private readonly part: (name: PartName) => Part | undefined;
  private contacts: number | undefined;
  private telephones: number | undefined;
  private sessions: number | undefined;
  private drills: LastDrill[] | undefined;
  private readonly due = new Map<string, number>();
  private seen: ReadonlyMap<string, number> = new Map();
  private lightDue = 0;
  light: Light | undefined;

  constructor(context: HostContext, part: (name: PartName) => Part | undefined) {
    this.context = context;
    this.part = part;
  }

  /** One step; called often, never waits. */
  tick(now: number, report: () => HostReport, peers: Record<string, PeerNews | undefined>): void {
    const signal = () => AbortSignal.timeout(deadlineMs);
    // A passive standby has no copies to compare.
    const copies = replicates(this.context.cluster);
    if (copies && this.part("kamailio")?.report().ok)
      this.ask("contacts", now, everyMs, async () => {
        const probes = nodes(this.context.cluster).map(({ name }) => probeUser(name));
        const own = await lookUp(this.context, probes, signal());
        this.contacts = await contactsKnown(this.context, signal());
        this.telephones = Math.max(0, this.contacts - own.length);
      });
    else this.contacts = this.telephones = undefined;
    // Where no node follows another's sessions, a difference says nothing.
    if (copies && this.part("rtpengine")?.report().ok && !servesAtOwnAddress(this.context.cluster))
      this.ask("sessions", now, everyMs, async () => {
        this.sessions = (await sessionCounts(signal())).total;
      });
    else this.sessions = undefined;
    if (this.part("app")?.report().ok)
      this.ask("drills", now, drillsEveryMs, async () => {
        const answer = await askSocket(runFiles(this.context.dirs).appSocket, "GET", "/v1/drills/last");
        this.drills = drillsSchema.parse(answer).drills;
      });
    if (now < this.lightDue) return;
    this.lightDue = now + lightEveryMs;
    const own = report();
    const news = [{ ageMs: 0, report: own }, ...Object.values(peers).filter((item) => item !== undefined)];
    const raw = lightOf(own.host, news, voters(this.context.cluster).length);
    ({ seen: this.seen, light: this.light } = settle(this.seen, raw, now));
  }

  /** At most once in `every`, and never twice at a time. What can not be asked is unknown. */
  private ask(
    what: "contacts" | "sessions" | "drills",
    now: number,
    every: number,
    work: () => Promise<void>,
  ): void {
    if (now < (this.due.get(what) ?? 0)) return;
    this.due.set(what, Number.POSITIVE_INFINITY);
    work()
      .catch(() => {
        // A part that does not answer is its own probe's business. Drills that were read once stay known.
        if (what === "contacts") this.contacts = this.telephones = undefined;
        else if (what === "sessions") this.sessions = undefined;
      })
      .finally(() => this.due.set(what, performance.now() + every));
  }

  report(): Standing {
    const app = this.part("app");
    const health = app?.report().ok ? (app.health?.facts as AppHealth | undefined) : undefined;
    return {
      ...(health
        ? {
            rulesVersion: health.rules.version,
            unshippedMs: health.shipper.waiting_ms,
            recordsMissing: health.records.missing,
          }
        : {}),
      ...(this.contacts === undefined ? {} : { contacts: this.contacts }),
      ...(this.telephones === undefined ? {} : { telephones: this.telephones }),
      ...(this.sessions === undefined ? {} : { sessions: this.sessions }),
      ...(this.drills ? { drills: this.drills } : {}),
    };
  }
}
