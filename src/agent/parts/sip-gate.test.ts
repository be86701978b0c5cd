import { expect, test } from "vitest";
import { aReport } from "../../../test/support/report.ts";
import type { PeerNews } from "../../report/host-report.ts";
import type { PartReport } from "../../report/parts.ts";
import { sipGate } from "./sip-gate.ts";

const app = (ok: boolean): PartReport => ({
  phase: ok ? "running" : "starting",
  ok,
  detail: "",
  restarts: 0,
  sinceMs: 0,
});
const peer = (ageMs: number, ok: boolean): PeerNews => ({
  ageMs,
  report: aReport("b", { holds: true, parts: { app: app(ok) } }),
});
const alone = { policy: "warm-active", ownApp: false, peers: {}, waitedMs: 0 } as const;

test.each<[string, Parameters<typeof sipGate>[0], boolean]>([
  ["no app anywhere", alone, false],
  ["the own app", { ...alone, ownApp: true }, true],
  ["the peer's app", { ...alone, peers: { b: peer(100, true) } }, true],
  ["the peer's app is not well", { ...alone, peers: { b: peer(100, false) } }, false],
  ["old news of the peer", { ...alone, peers: { b: peer(5000, true) } }, false],
  [
    "cold takeover: the peer has just died",
    { ...alone, policy: "cold-passive", peers: { b: peer(100, true) } },
    false,
  ],
  ["no app comes: numbers with a fallback can be routed", { ...alone, waitedMs: 10_001 }, true],
])("%s", (_, node, go) => {
  expect(sipGate(node).go).toBe(go);
});
