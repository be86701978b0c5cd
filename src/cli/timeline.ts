import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { apiTargets, ask } from "../client/api.ts";
import { defaultData, hostDirs, runFiles } from "../cluster/facts.ts";
import { askSocket } from "../http/socket.ts";
import { labTimeline } from "../lab/timeline.ts";
import { callRecordSchema } from "../records/call-record.ts";
import { findIncidents, type SeenCall, type SeenDrill } from "../timeline/incidents.ts";
import { mergeTimeline, readSources, type Source } from "../timeline/merge.ts";
import { entryText, timelineText } from "../timeline/text.ts";
import { momentMs } from "./options.ts";

const pageSchema = z.object({ records: z.array(callRecordSchema), next: z.string().nullable() });
const drillsSchema = z.object({
  drills: z.array(
    z.object({
      kind: z.string(),
      started_at: z.string(),
      finished_at: z.string(),
      passed: z.boolean(),
      started_by: z.string(),
    }),
  ),
});
const mostPages = 10;
const followMs = 1000;
/** A call that began so long before may still have noticed something. */
const longestCallMs = 4 * 3_600_000;

interface Options {
  /** Unix time in milliseconds. */
  since: number;
  follow: boolean;
  all: boolean;
  data: string;
  lab?: string;
  json?: boolean;
}

/** Calls that something happened to; when the API can not say, a line that says why. */
async function affectedCalls(
  command: Command,
  since: number,
): Promise<{ calls: SeenCall[]; notes: string[] }> {
  const calls: SeenCall[] = [];
  try {
    const targets = apiTargets(command);
    const from = new Date(since - longestCallMs).toISOString();
    let after = "";
    for (let page = 0; page < mostPages; page++) {
      const path = `/v1/records?affected=true&ended_since=${new Date(since).toISOString()}&since=${from}&limit=1000${after}`;
      const { records, next } = await ask(targets, pageSchema, "GET", path);
      calls.push(...records);
      if (next === null) return { calls, notes: [] };
      after = `&after=${next}`;
    }
    return { calls, notes: [`only the newest ${calls.length} affected calls are counted`] };
  } catch (error) {
    const why = messageOf(error);
    return { calls, notes: [`calls are not counted: ${why}`] };
  }
}

/** Drills of that time; when the API can not say, none: the note about the calls tells why. */
async function drillsOf(command: Command, since: number): Promise<SeenDrill[]> {
  try {
    const path = `/v1/drills?since=${new Date(since).toISOString()}&limit=1000`;
    return (await ask(apiTargets(command), drillsSchema, "GET", path)).drills;
  } catch {
    return [];
  }
}

async function sourcesOf({ lab, data }: Options, since: number): Promise<Source[]> {
  if (lab !== undefined) return await labTimeline(lab, since);
  const socket = runFiles(hostDirs(resolve(data))).agentSocket;
  const path = `/timeline?since=${Math.round(since)}`;
  const answer = await askSocket(socket, "GET", path, { deadlineMs: 10_000 }).catch((error: unknown) => {
    const why = messageOf(error);
    throw new Error(
      `no agent answers at ${socket} (${why}). Is 'dialtone up' running on this host, and are you root? ` +
        "For a lab: 'dialtone lab timeline'. Without an agent: the log itself is DATA/log/events.jsonl.",
    );
  });
  return readSources(answer);
}

async function show(command: Command, options: Options): Promise<void> {
  const { since } = options;
  const [sources, { calls, notes }, drills] = await Promise.all([
    sourcesOf(options, since),
    affectedCalls(command, since),
    drillsOf(command, since),
  ]);
  const entries = mergeTimeline(sources);
  const incidents = findIncidents(entries, calls, Date.now(), drills);
  if (options.json === true) {
    const facts = sources.map(({ events, ...rest }) => ({ ...rest, events: events.length }));
    process.stdout.write(`${JSON.stringify({ sources: facts, notes, incidents, entries })}\n`);
    return;
  }
  process.stdout.write(`${timelineText(sources, entries, incidents, notes)}\n`);
  if (options.all) process.stdout.write(`\n${entries.map(entryText).join("\n")}\n`);
}

/** New entries as they come, each once. A late host's entries come late, with their own time. */
async function follow(options: Options): Promise<void> {
  const seen = new Set<string>();
  const began = options.since;
  for (;;) {
    // Twice the deadline back is enough for what is new.
    const since = seen.size === 0 ? began : Math.max(began, Date.now() - 60_000);
    for (const entry of mergeTimeline(await sourcesOf(options, since))) {
      const key = `${entry.host} ${entry.boot} ${entry.seq} ${entry.monotonicMs}`;
      if (seen.has(key)) continue;
      seen.add(key);
      process.stdout.write(`${options.json === true ? JSON.stringify(entry) : entryText(entry)}\n`);
    }
    await delay(followMs);
  }
}

/** The options and the action of both `dialtone timeline` and `dialtone lab timeline`. */
export const addTimeline = (command: Command): Command =>
  command
    .description("what happened on all hosts, in one order, grouped to incidents: cause, callers, end")
    .option(
      "--since <time>",
      "how far back, such as 15m, 1h, 2d, or since when (UTC)",
      (text: string) => momentMs(text, Date.now()),
      momentMs("1h", Date.now()),
    )
    .option("--follow", "go on showing entries as they come, until Ctrl-C", false)
    .option("--all", "list all entries after the incidents, also those of normal work", false)
    .action(async (_options: unknown, self: Command) => {
      const options = self.optsWithGlobals<Options>();
      await (options.follow ? follow(options) : show(self, options));
    });

/** `dialtone timeline [note TEXT]` */
export function registerTimeline(program: Command): void {
  const group = addTimeline(
    program
      .command("timeline")
      .option("--data <directory>", "where this host keeps its data", defaultData)
      .option("--lab <name>", "of this lab"),
  ).addHelpText(
    "after",
    `
Times are UTC, those of the clock of the host that is asked; the others are corrected by what their agents' answers show
(± ms: how wrong that can be). A host that does not answer is shown as far as the others have copied its log.

Examples:
  dialtone timeline --since 15m
  dialtone timeline --follow
  dialtone timeline note 'replaced the switch of room 2'`,
  );
  group
    .command("note <text>")
    .description("write something that the agents can not know into this host's incident log")
    .option("--subject <word>", "what it is about", "person")
    .action(async (text: string, _options: unknown, self: Command) => {
      const { data, subject } = self.optsWithGlobals<{ data: string; subject: string }>();
      const socket = runFiles(hostDirs(resolve(data))).agentSocket;
      await askSocket(socket, "POST", "/note", { body: { subject, text } });
      process.stdout.write("noted\n");
    });
}
