import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { patient } from "../base/patience.ts";
import { type Lab, openLab } from "../lab/lab.ts";
import { type CallRecord, callRecordSchema } from "../records/call-record.ts";
import { type Ground, labGround } from "./ground.ts";

/** What drills and callers ask of the API, of whichever node answers. */

const pageSchema = z.object({ records: z.array(callRecordSchema), next: z.string().nullish() });

type Api = Pick<Ground, "api">;

/** All records that match a query (`number=…`, `call_id=…`), page by page. */
export const recordsOf = (lab: string, query: Record<string, string>): Promise<CallRecord[]> =>
  recordsOn(labGround(openLab(lab)), query);

export async function recordsOn({ api }: Api, query: Record<string, string>): Promise<CallRecord[]> {
  const records: CallRecord[] = [];
  let after: string | undefined;
  do {
    const search = new URLSearchParams({ ...query, limit: "1000", ...(after ? { after } : {}) });
    const page = pageSchema.parse(await api("GET", `/v1/records?${search}`));
    records.push(...page.records);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return records;
}

/** The record of a call once it is closed; the open one, or none, when that does not come in time. */
export async function findRecord(
  lab: string,
  callId: string,
  waitMs: number,
): Promise<CallRecord | undefined> {
  const until = Date.now() + patient(waitMs);
  for (;;) {
    const [record] = await recordsOf(lab, { call_id: callId });
    if ((record && record.closed_how !== null) || Date.now() > until) return record;
    await delay(100);
  }
}

interface RouteHow {
  record?: boolean;
  media?: "relay" | "nat" | "direct";
}

/** Makes or replaces a routing rule: calls to all numbers that begin with `prefix` go to `{number}` at an address. */
export const routePrefix = (
  lab: string,
  name: string,
  prefix: string,
  address: string,
  how: RouteHow = {},
): Promise<void> => routePrefixOn(labGround(openLab(lab)), name, prefix, address, how);

export async function routePrefixOn(
  { api }: Api,
  name: string,
  prefix: string,
  address: string,
  how: RouteHow = {},
): Promise<void> {
  const body = {
    name,
    priority: 100,
    description: "made by a drill or bench",
    match: { prefix },
    action: { type: "route", targets: [{ type: "uri", uri: `sip:{number}@${address}` }], ...how },
  };
  await api("PUT", `/v1/routes/${name}`, body);
}

const simulationSchema = z.object({ decision: z.object({ action: z.string() }) });

/** Waits until every node with power would route this number. @throws Error that names those that do not in time. */
export const routeKnown = (lab: Lab, number: string, waitMs: number): Promise<void> =>
  routeKnownOn(labGround(lab), number, waitMs);

export async function routeKnownOn(
  { everyApi }: Pick<Ground, "everyApi">,
  number: string,
  waitMs: number,
): Promise<void> {
  const until = Date.now() + patient(waitMs);
  for (;;) {
    const answers = await everyApi("GET", `/v1/rules/simulate?number=${encodeURIComponent(number)}`);
    const without = answers.filter(
      ({ answer }) => simulationSchema.parse(answer).decision.action !== "route",
    );
    if (without.length === 0) return;
    if (Date.now() > until)
      throw new Error(
        `${without.map(({ node }) => node).join(" and ")} does not know the route to ${number} after ${patient(waitMs)} ms`,
      );
    await delay(50);
  }
}
