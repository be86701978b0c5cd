import type { PartName } from "../report/parts.ts";

/** Faults of single parts that calls must survive, as data: the fault test walks through them. Pure. */

export interface PartFault {
  /** Who: the node that holds the service address, its standby, or the witness. */
  on: "active" | "standby" | "witness";
  part: PartName | "agent";
  /** kill: SIGKILL. pause: SIGSTOP for 10 s. */
  how: "kill" | "pause";
  /** The service may be gone so long (z); null: not at all, beyond what two calls are apart. */
  outageMs: number | null;
  /** Part of the short test. The long one has all. */
  short: boolean;
}

const nodeParts = [
  "kamailio",
  "app",
  "mariadb",
  "keepalived",
  "redis",
  "rtpengine",
  "haproxy",
  "agent",
] as const;
const witnessParts = ["garbd", "agent"] as const;

/** How long z may be: only what carries signalling or address on the active node may be noticed at all. */
function allowedOutage(on: PartFault["on"], part: PartFault["part"], how: PartFault["how"]): number | null {
  if (on !== "active") return null;
  switch (part) {
    case "kamailio":
      // The promise: a hung Kamailio is back within 1.5 s. A dead one is known at once.
      return how === "pause" ? 1500 : 1000;
    case "keepalived":
      return 1000;
    case "app":
      // The first call that meets a hung app waits for its deadline (300 ms), then asks the peer's.
      return how === "pause" ? 1500 : 500;
    case "rtpengine":
      // One call waits 250 ms for a hung relay; then the address moves.
      return how === "pause" ? 1000 : 500;
    case "mariadb":
    case "redis":
    case "agent":
    case "garbd":
    // No telephone needs it.
    case "haproxy":
      return null;
  }
}

/** All of them: each part of each host, killed and stopped. */
export const partFaults: PartFault[] = (["active", "standby", "witness"] as const).flatMap((on) =>
  (on === "witness" ? witnessParts : nodeParts).flatMap((part) =>
    (["kill", "pause"] as const).map((how) => ({
      on,
      part,
      how,
      outageMs: allowedOutage(on, part, how),
      short:
        how === "kill"
          ? part !== "haproxy" || on === "active"
          : on === "active" && (part === "kamailio" || part === "app"),
    })),
  ),
);
