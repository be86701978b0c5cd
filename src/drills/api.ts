import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { askSocket } from "../agent/client.ts";
import { appSocketOf } from "../lab/agents.ts";
import { askApp } from "../lab/app.ts";
import { type Lab, openLab } from "../lab/lab.ts";
import { type CallRecord, callRecordSchema } from "../records/call-record.ts";

/** What drills and callers ask of a lab's own API: over the unix sockets of its nodes, whichever answers. */

const pageSchema = z.object({ records: z.array(callRecordSchema), next: z.string().nullish() });

const deadlineMs = 5000;

/** All records that match a query (`number=…`, `call_id=…`), page by page. */
export async function recordsOf(lab: string, query: Record<string, string>): Promise<CallRecord[]> {
  const records: CallRecord[] = [];
  let cursor: string | undefined;
  do {
    const search = new URLSearchParams({ ...query, limit: "1000", ...(cursor ? { cursor } : {}) });
    const page = pageSchema.parse(
      await askApp(openLab(lab).state(), "GET", `/v1/records?${search}`, { deadlineMs }),
    );
    records.push(...page.records);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return records;
}

/** The record of a call once it is closed; the open one, or none, when that does not come in time. */
export async function findRecord(
  lab: string,
  callId: string,
  waitMs: number,
): Promise<CallRecord | undefined> {
  const until = Date.now() + waitMs;
  for (;;) {
    const [record] = await recordsOf(lab, { call_id: callId });
    if ((record && record.closed_how !== null) || Date.now() > until) return record;
    await delay(100);
  }
}

/** Makes or replaces a routing rule: calls to all numbers that begin with `prefix` go to `{number}` at an address. */
export async function routePrefix(
  lab: string,
  name: string,
  prefix: string,
  address: string,
  how: { record?: boolean; media?: "relay" | "nat" | "direct" } = {},
): Promise<void> {
  const body = {
    ...{ name, priority: 100, description: "made by a drill or bench" },
    match: { prefix },
    action: { type: "route", targets: [{ type: "uri", uri: `sip:{number}@${address}` }], ...how },
  };
  await askApp(openLab(lab).state(), "PUT", `/v1/routes/${name}`, { body, deadlineMs });
}

const simulationSchema = z.object({ decision: z.object({ action: z.string() }) });

/** Waits until every node with power and a running app would route this number. @throws Error that names those that do not in time. */
export async function routeKnown(lab: Lab, number: string, waitMs: number): Promise<void> {
  const until = Date.now() + waitMs;
  const { hosts } = await lab.status();
  // A cold standby reads the rules when it starts its app.
  const resting = hosts.flatMap(({ name, agent }) => (agent?.parts.app?.phase === "resting" ? [name] : []));
  const nodes = Object.entries(lab.state().hosts).filter(
    ([name, host]) => host.role === "node" && host.powered && !resting.includes(name),
  );
  for (const [name, host] of nodes)
    for (;;) {
      const path = `/v1/rules/simulate?number=${number}`;
      const answer = await askSocket(appSocketOf(host.data ?? ""), "GET", path, { deadlineMs });
      if (simulationSchema.parse(answer).decision.action === "route") break;
      if (Date.now() > until)
        throw new Error(`${name} does not know the route to ${number} after ${waitMs} ms`);
      await delay(50);
    }
}
