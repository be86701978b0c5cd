import { expect, test } from "vitest";
import { mustResync } from "./judge.ts";

/** The scenarios of judge() are in scenarios/, the double faults in double-faults.test.ts. */

test("a standby fetches the registrations that were made while it had no contact with the active node", () => {
  const active = { holds: true, agentUptimeMs: 60_000 };
  const standby = { role: "node", holds: false } as const;
  expect(mustResync(standby, active, 5000)).toBe(true);
  expect(mustResync(standby, active, 300)).toBe(false);
  expect(mustResync({ ...standby, holds: true }, active, 5000)).toBe(false);
  expect(mustResync({ role: "witness", holds: false }, active, 5000)).toBe(false);
  // The other side was restarted: it has asked us already.
  expect(mustResync(standby, { ...active, agentUptimeMs: 1000 }, 5000)).toBe(false);
});
