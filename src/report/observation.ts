import type { HostRole } from "../cluster/schema.ts";
import type { HardwareReport } from "./hardware.ts";
import type { PeerNews } from "./host-report.ts";
import type { PartName, PartReport } from "./parts.ts";
import type { Duty } from "./policy.ts";
import type { Refusing } from "./refusing.ts";
import type { FunctionalReport, OutsideReport } from "./standing.ts";

/** What a host knows when it judges. */

export interface Observation {
  host: string;
  role: HostRole;
  stance: "availability" | "consistency";
  /** All data nodes in the order of cluster.yaml: breaks ties. */
  nodeOrder: string[];
  stopping: boolean;
  /** A person took this node out of service: in words. */
  drained?: string | undefined;
  /** A person wants this host to give the service address up, and the other one is fit. */
  yielding: boolean;
  holds: boolean;
  term: number;
  /** How this host stands to the takeover policy; undefined: warm-active. */
  duty?: Duty;
  parts: Partial<Record<PartName, PartReport>>;
  /** The own database accepts reads and writes in the Primary Component. */
  primary: boolean;
  /**
   * How long the own database has been outside of it (0: it is not), the time with a bad line not counted; missing: it
   * has not been there yet.
   */
  quorumLostMs?: number | undefined;
  /** Members of the own Primary Component. */
  members: number;
  hosts: number;
  /** The database follows another one and needs no majority; what is wrong with that, in words. */
  replication?: { problem?: string } | undefined;
  /** An upstream address answers; undefined: none is configured. */
  upstream: boolean | undefined;
  peers: Record<string, PeerNews | undefined>;
  /** What else goes wrong here without keeping callers away, in words. */
  troubles?: string[];
  /** All other hosts of the cluster, heard or not. */
  others: string[];
  /** How long this host has held the address; 0: it does not. */
  heldMs: number;
  /** The address goes back to a node that has been well for so long; undefined: a person decides. */
  failbackAfterMs?: number | undefined;
  hardware?: HardwareReport | undefined;
  functional?: FunctionalReport | undefined;
  outside?: OutsideReport | undefined;
  /** It takes not all calls: there are too many. */
  refusing?: Refusing | undefined;
}
