import type { Command } from "commander";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { utc } from "../base/moment.ts";
import { eventSchema } from "../call/contract.ts";
import { apiTargets, ask, askNode, everyNode, print, withApiOptions } from "../client/api.ts";
import { type CallRecord, callRecordSchema } from "../records/call-record.ts";
import { type Reconciliation, reconciliationSchema } from "../records/reconciliation-schema.ts";
import { moment } from "./options.ts";
import { table } from "./table.ts";

const page = z.object({ records: z.array(callRecordSchema), next: z.string().nullable() });
const detail = z.object({ record: callRecordSchema, events: z.array(eventSchema) });

const duration = (ms: number | null): string =>
  ms === null ? "" : `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(1).padStart(4, "0")}`;

const line = (record: CallRecord): (string | number)[] => [
  utc(record.started_at),
  record.from.replace(/^sips?:/, ""),
  record.number,
  record.outcome,
  record.status || "",
  duration(record.duration_ms),
  record.rule,
  record.nodes.join(","),
  record.closed_how ?? "open",
  record.recording === null
    ? ""
    : record.recording.alarm
      ? `${record.recording.status} !`
      : record.recording.status,
  record.id.slice(0, 8),
];

const head = [
  "STARTED (UTC)",
  "FROM",
  "NUMBER",
  "OUTCOME",
  "CODE",
  "TALK",
  "RULE",
  "NODES",
  "CLOSED",
  "RECORDING",
  "ID",
];

interface ListOptions {
  limit: string;
  [filter: string]: string | boolean | undefined;
}

/** `dialtone records`: what calls there were. */
export function registerRecords(program: Command): void {
  const group = withApiOptions(program.command("records").description("call records: what calls there were"));
  group.addHelpText(
    "after",
    `
Examples:
  dialtone records list --since 1h --outcome busy
  dialtone records list --number 5000 --json
  dialtone records show 3f2a…                 one call with all that was seen of it
  dialtone records check                      is every journalled event in the database? exit code 1 if not`,
  );

  group
    .command("list")
    .description("call records, newest first")
    .option("--since <time>", "started at or after: an age such as 2h, or a time (UTC)", moment)
    .option("--until <time>", "started before", moment)
    .option("--from <text>", "part of the caller's address")
    .option("--to <text>", "part of the called address")
    .option("--number <number>", "the dialled number")
    .option("--user <name>", "the authenticated user")
    .option("--status <code>", "final SIP status code")
    .option("--outcome <outcome>", "answered, busy, no_answer, cancelled, not_found, rejected, failed, …")
    .option("--node <name>", "a node that saw something of the call")
    .option("--carrier <name>", "the carrier that answered or was tried last")
    .option("--tag <name=value>", "a tag that a decision noted")
    .option("--call-id <id>", "the call's Call-ID")
    .option("--open", "only calls that are not over")
    .option("--limit <number>", "at most so many", "50")
    .action(async (options: ListOptions, command: Command) => {
      const { callId, open, limit, ...rest } = options;
      const wanted = Number(limit);
      if (!Number.isInteger(wanted) || wanted < 1) throw new Error("--limit must be a positive number");
      const filters = {
        ...rest,
        ...(callId !== undefined && { call_id: callId }),
        ...(open === true && { open: "true" }),
      };
      const records: CallRecord[] = [];
      let after: string | null = null;
      do {
        const search = new URLSearchParams(
          Object.entries({ ...filters, ...(after !== null && { after }) }).flatMap(([key, value]) =>
            typeof value === "string" ? [[key, value] satisfies [string, string]] : [],
          ),
        );
        search.set("limit", String(Math.min(1000, wanted - records.length)));
        const found: z.infer<typeof page> = await ask(
          apiTargets(command),
          page,
          "GET",
          `/v1/records?${search}`,
        );
        records.push(...found.records);
        after = found.next;
      } while (after !== null && records.length < wanted);
      print(command, records, () => (records.length === 0 ? "no records" : table(head, records.map(line))));
    });

  group
    .command("show <id>")
    .description("one record with its events; the beginning of the id is enough among the newest 1000")
    .action(async (id: string, _options: unknown, command: Command) => {
      const targets = apiTargets(command);
      const found = await ask(targets, detail, "GET", `/v1/records/${await fullId(command, id)}`);
      print(command, found, () =>
        [
          table(head, [line(found.record)]),
          ...(found.record.note === "" ? [] : [`note: ${found.record.note}`]),
          ...(found.record.recording?.problem ? [`recording: ${found.record.recording.problem}`] : []),
          `Call-ID ${found.record.call_id}`,
          "",
          table(
            ["TIME (UTC)", "EVENT", "CODE", "NODE", "TARGET", "RULE", "DECIDED BY"],
            found.events.map((event) => [
              utc(event.time),
              event.kind,
              event.code || "",
              event.node,
              event.target,
              event.rule,
              event.decided_by,
            ]),
          ),
        ].join("\n"),
      );
    });

  group
    .command("check")
    .description(
      "compare every node's journals with the database; exit code 1 when something is missing or doubled",
    )
    .option("--hours <number>", "how far back", "24")
    .action(async (options: { hours: string }, command: Command) => {
      const results: Reconciliation[] = [];
      const unchecked: string[] = [];
      for (const target of everyNode(command))
        try {
          results.push(
            await askNode(
              target,
              reconciliationSchema,
              "GET",
              `/v1/records/check?hours=${encodeURIComponent(options.hours)}`,
            ),
          );
        } catch (error) {
          unchecked.push(`${target.name}: ${messageOf(error)}`);
        }
      const bad = results.some(
        (result) => result.missing > 0 || result.doubled > 0 || result.quarantined > 0,
      );
      if (bad || unchecked.length > 0) process.exitCode = 1;
      print(command, { nodes: results, unchecked }, () =>
        [
          table(
            [
              "NODE",
              "JOURNALLED",
              "FOUND",
              "MISSING",
              "REPAIRED",
              "STALE",
              "DOUBLED",
              "WAITING",
              "SET ASIDE",
            ],
            results.map((result) => [
              result.node,
              result.journalled,
              result.found,
              result.missing,
              result.repaired,
              result.stale,
              result.doubled,
              result.waiting,
              result.quarantined,
            ]),
          ),
          ...unchecked.map((text) => `not checked: ${text}`),
        ].join("\n"),
      );
    });
}

/** Completes the short id that the list shows. @throws Error */
async function fullId(command: Command, id: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  const { records } = await ask(apiTargets(command), page, "GET", "/v1/records?limit=1000");
  const found = records.filter((record) => record.id.startsWith(id));
  if (found.length !== 1)
    throw new Error(
      found.length === 0 ? `no record begins with ${id}` : `${found.length} records begin with ${id}`,
    );
  return found[0]?.id ?? id;
}
