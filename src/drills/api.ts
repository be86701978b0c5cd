import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { appSocketOf, askSocket } from "../lab/agents.ts";
import { openLab } from "../lab/lab.ts";
import { type CallRecord, callRecordSchema } from "../records/call-record.ts";

/** What drills and callers ask of a lab's own API: over the unix sockets of its nodes, whichever answers. */

const pageSchema = z.object({ records: z.array(callRecordSchema), next: z.string().nullish() });

/** One request to the first node whose app answers. @throws Error with what each node said. */
async function ask(lab: string, method: "GET" | "PUT", path: string, body?: unknown): Promise<unknown> {
  const problems: string[] = [];
  for (const [name, host] of Object.entries(openLab(lab).state().hosts)) {
    if (host.role !== "node" || !host.powered || host.data === null) continue;
    try {
      const options = { deadlineMs: 5000, ...(body === undefined ? {} : { body }) };
      return await askSocket(appSocketOf(host.data), method, path, options);
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(
    `no node of lab '${lab}' answers ${method} ${path}: ${problems.join("; ") || "none has power"}`,
  );
}

/** All records that match a query (`number=…`, `call_id=…`), page by page. */
export async function recordsOf(lab: string, query: Record<string, string>): Promise<CallRecord[]> {
  const records: CallRecord[] = [];
  let cursor: string | undefined;
  do {
    const search = new URLSearchParams({ ...query, limit: "1000", ...(cursor ? { cursor } : {}) });
    const page = pageSchema.parse(await ask(lab, "GET", `/v1/records?${search}`));
    records.push(...page.records);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return records;
}

/** The record of a call once it is closed; the open one, or none, when that does not come in time. */
export async function findRecord(
  lab: string,
  callId: string,
  deadlineMs: number,
): Promise<CallRecord | undefined> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const [record] = await recordsOf(lab, { call_id: callId });
    if ((record && record.closed_how !== null) || Date.now() > until) return record;
    await delay(100);
  }
}

/** Makes or replaces a routing rule: calls to `number` go to a SIP address. */
export async function routeNumber(lab: string, name: string, number: string, uri: string): Promise<void> {
  await ask(lab, "PUT", `/v1/routes/${name}`, {
    ...{ name, priority: 100, description: "made by a drill or bench" },
    match: { number },
    action: { type: "route", targets: [{ type: "uri", uri }] },
  });
}
