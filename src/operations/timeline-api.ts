import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { type HostContext, peersOf } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { drillsSince } from "../drill-runs/history-api.ts";
import { recordQuery } from "../records/record-query-schema.ts";
import { searchRecords } from "../records/search.ts";
import { readOwnTimeline } from "../report/watch.ts";
import { findIncidents, type SeenCall, type SeenDrill } from "../timeline/incidents.ts";
import { type Entry, mergeTimeline, readSources, type Source } from "../timeline/merge.ts";
import type { AgentDoor } from "./agent-door.ts";
import { alertsShownSchema, alertTestSchema, timelineSchema } from "./timeline-schema.ts";

/** /v1/timeline and /v1/alerts: what happened, and what is wrong. */

const timelineMs = 6000;
const peerMs = 3000;
/** SMTP servers may think for a while. */
const testMs = 40_000;
/** A call that began so long before may still have noticed something. */
const longestCallMs = 4 * 3_600_000;
const mostPages = 5;
const mostEntries = 2000;
const dayMs = 86_400_000;

const openSchema = z.array(
  z.object({
    key: z.string(),
    severity: z.enum(["critical", "warning"]).catch("critical"),
    title: z.string(),
    text: z.string(),
    sinceMs: z.number(),
    told: z.boolean(),
  }),
);
const testedSchema = z.array(z.object({ channel: z.string(), problem: z.string().nullable() }));

const query = z.object({
  since: z.iso.datetime({ offset: true }).optional().describe("default: an hour ago; at most 30 days"),
});

/** By the own agent, which knows the clocks; without it from the others, as they tell it. */
async function sourcesOf(
  { cluster, self }: HostContext,
  door: AgentDoor,
  since: number,
): Promise<{ sources: Source[]; notes: string[] }> {
  try {
    const path = `/timeline?since=${Math.round(since)}`;
    return { sources: readSources(await door.ask("GET", path, undefined, timelineMs)), notes: [] };
  } catch (error) {
    const others = peersOf(cluster, self.name).map(async ({ name: host }): Promise<Source> => {
      try {
        const answer = await door.readPeer(host, `/timeline/own?since=${Math.round(since)}`, peerMs);
        const { events, ...now } = readOwnTimeline(answer);
        return { host, from: "itself", now, clock: null, events };
      } catch (silent) {
        return { host, from: "nobody", problem: messageOf(silent), clock: null, events: [] };
      }
    });
    const notes = [`${messageOf(error)}: its own log is missing, and clocks are not compared`];
    return { sources: await Promise.all(others), notes };
  }
}

/** Calls that something happened to, and drills of that time; without a database a note that says so. */
async function seenBy(
  database: Database,
  since: number,
): Promise<{ calls: SeenCall[]; drills: SeenDrill[]; notes: string[] }> {
  const calls: SeenCall[] = [];
  try {
    const drills = await drillsSince(database, new Date(since));
    let after: string | undefined;
    for (let page = 0; page < mostPages; page++) {
      const { records, next } = await searchRecords(database, {
        ...recordQuery.parse({ limit: 1000 }),
        affected: true,
        ended_since: new Date(since).toISOString(),
        since: new Date(since - longestCallMs).toISOString(),
        after,
      });
      calls.push(...records);
      if (next === null) return { calls, drills, notes: [] };
      after = next;
    }
    return { calls, drills, notes: [`only the newest ${calls.length} affected calls are counted`] };
  } catch (error) {
    return { calls, drills: [], notes: [`calls are not counted: ${messageOf(error)}`] };
  }
}

const entryShown = ({ at, withinMs, host, kind, subject, text }: Entry) => ({
  at: new Date(at).toISOString(),
  within_ms: withinMs === null ? null : Math.ceil(withinMs),
  ...{ host, kind, subject, text },
});

export const timelineRoutes =
  (context: HostContext, door: AgentDoor, database: Database): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["cluster"];
    app.get(
      "/v1/timeline",
      {
        schema: {
          summary: "What happened on all hosts, in one order, grouped to incidents",
          tags,
          querystring: query,
          response: { 200: timelineSchema },
        },
      },
      async ({ query: { since: given } }) => {
        const now = Date.now();
        const since = Math.max(now - 30 * dayMs, given === undefined ? now - 3_600_000 : Date.parse(given));
        const [{ sources, notes }, seen] = await Promise.all([
          sourcesOf(context, door, since),
          seenBy(database, since),
        ]);
        const entries = mergeTimeline(sources);
        const incidents = findIncidents(entries, seen.calls, now, seen.drills);
        return {
          since: new Date(since).toISOString(),
          sources: sources.map(({ host, from, problem, events }) => ({
            ...{ host, from, problem: problem ?? null, entries: events.length },
          })),
          notes: [...notes, ...seen.notes],
          incidents: incidents.toReversed().map(({ begin, end, cause, withoutHolderMs, ...rest }) => ({
            begin: new Date(begin).toISOString(),
            end: end === null ? null : new Date(end).toISOString(),
            cause: entryShown(cause),
            without_holder_ms: withoutHolderMs === null ? null : Math.round(withoutHolderMs),
            calls: {
              failed: rest.calls.failed,
              cut_off: rest.calls.cutOff,
              moved_on: rest.calls.movedOn,
            },
            drills: rest.drills.map(({ kind, passed, started_by }) => ({ kind, passed, started_by })),
            entries: rest.entries.slice(0, 200).map(entryShown),
          })),
          entries: entries.slice(-mostEntries).reverse().map(entryShown),
        };
      },
    );

    app.get(
      "/v1/alerts",
      {
        schema: {
          summary: "What is wrong now, and whether people were told",
          tags,
          response: { 200: alertsShownSchema },
        },
      },
      async () => {
        const now = Date.now();
        const open = openSchema.parse(await door.ask("GET", "/alerts"));
        return {
          alerts: open.map(({ sinceMs, ...alert }) => ({
            ...alert,
            since: new Date(now - sinceMs).toISOString(),
          })),
        };
      },
    );

    app.post(
      "/v1/alerts/test",
      {
        schema: {
          summary: "A test message by every channel",
          tags,
          response: { 200: alertTestSchema },
        },
      },
      async () => ({
        channels: testedSchema.parse(await door.ask("POST", "/alerts/test", undefined, testMs)),
      }),
    );
  };
