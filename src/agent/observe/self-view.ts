import type { HostContext } from "../../cluster/facts.ts";
import type { SipHealth } from "../../components/kamailio/index.ts";
import type { HostReport, PeerNews } from "../../report/host-report.ts";
import type { Observation } from "../../report/observation.ts";
import type { PartName } from "../../report/parts.ts";
import type { Part } from "../parts/part.ts";
import { FunctionalTest } from "./functional.ts";
import { HardwareWatch } from "./hardware.ts";
import { IntruderWatch } from "./intruders.ts";
import { LogFlood } from "./log-flood.ts";
import { OutsideView } from "./outside-view.ts";
import { Refusals } from "./refusals.ts";
import { StandingWatch } from "./standing.ts";

/** What a host sees of itself beyond its parts: function, hardware, the service address from outside, its light. */
export class SelfView {
  private readonly isNode: boolean;
  private readonly functional: FunctionalTest;
  private readonly hardware: HardwareWatch;
  private readonly outside: OutsideView;
  private readonly standing: StandingWatch;
  private readonly refusals: Refusals;
  private readonly intruders: IntruderWatch;
  private readonly logFlood: LogFlood;
  private readonly part: (name: PartName) => Part | undefined;
  /** Since when this host has held the address, or its agent has run with it. */
  private heldSince: number | undefined;

  constructor(
    context: HostContext,
    host: {
      part(name: PartName): Part | undefined;
      stopping(): boolean;
      primary(): boolean;
      tell(kind: "overload" | "disk", subject: string, text: string): void;
    },
  ) {
    this.part = host.part;
    this.refusals = new Refusals((text) => host.tell("overload", "calls", text));
    this.intruders = new IntruderWatch((text) => host.tell("overload", "strangers", text));
    this.logFlood = new LogFlood(context, (text) => host.tell("overload", "strangers", text));
    this.isNode = context.self.role === "node";
    this.functional = new FunctionalTest(context, () => ({
      sip: this.isNode && !host.stopping() && host.part("kamailio")?.report().ok === true,
      ledger: host.part("app")?.report().ok === true && host.primary(),
    }));
    this.hardware = new HardwareWatch(context, (text) => host.tell("disk", context.self.name, text));
    this.outside = new OutsideView(context);
    this.standing = new StandingWatch(context, (name) => host.part(name));
  }

  /** With each tick of the agent; never waits. */
  tick(
    now: number,
    holds: boolean,
    report: () => HostReport,
    peers: Record<string, PeerNews | undefined>,
  ): void {
    this.heldSince = holds ? (this.heldSince ?? now) : undefined;
    this.functional.tick(now);
    const sip = this.part("kamailio")?.health?.facts as SipHealth | undefined;
    this.refusals.look(sip?.load, now);
    this.intruders.look(sip?.load?.intruders, now);
    this.logFlood.tick(now, this.isNode && this.part("kamailio")?.report().ok === true);
    this.hardware.tick(now);
    this.outside.tick(now, holds);
    this.standing.tick(now, report, peers);
  }

  observation(now: number): Pick<Observation, "heldMs" | "functional" | "hardware" | "outside" | "refusing"> {
    return {
      heldMs: this.heldSince === undefined ? 0 : now - this.heldSince,
      functional: this.functional.report(),
      hardware: this.hardware.report(),
      outside: this.outside.report(),
      refusing: this.refusals.report(now),
    };
  }

  report(): Pick<HostReport, "functional" | "hardware" | "outside" | "standing" | "light" | "refusing"> {
    const functional = this.functional.report();
    const hardware = this.hardware.report();
    const outside = this.outside.report();
    const refusing = this.refusals.report(performance.now());
    return {
      ...(refusing ? { refusing } : {}),
      ...(functional ? { functional } : {}),
      ...(hardware ? { hardware } : {}),
      ...(outside ? { outside } : {}),
      ...(this.isNode ? { standing: this.standing.report() } : {}),
      ...(this.standing.light ? { light: this.standing.light } : {}),
    };
  }

  close(): void {
    this.functional.close();
  }
}
