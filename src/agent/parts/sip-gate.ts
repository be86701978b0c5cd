import type { Cluster } from "../../cluster/schema.ts";
import type { PeerNews } from "../../report/host-report.ts";
import { contactMs } from "../../report/news.ts";
import type { Gate } from "./part.ts";

/** An app that does not come must not keep calls from those numbers that can be routed without it. */
const waitForAppMs = 10_000;

/**
 * May a node's SIP server start? One that nobody can tell what to do would refuse the first calls: better silent until an
 * app is there. Pure.
 */
export function sipGate(node: {
  policy: Cluster["policy"];
  /** The own app runs and may have answered. */
  ownApp: boolean;
  peers: Record<string, PeerNews | undefined>;
  /** For how long an app could have come. */
  waitedMs: number;
}): ReturnType<Gate> {
  const peersApp = Object.values(node.peers).some(
    (news) => news && news.ageMs <= contactMs && news.report.parts.app?.ok,
  );
  // At a cold takeover the other app is the one that has just died with its host.
  const anyApp = node.ownApp || (peersApp && node.policy !== "cold-passive");
  if (anyApp || node.waitedMs > waitForAppMs) return { go: true, bootstrap: false };
  return { go: false, why: "waits for the app, which decides its calls" };
}
