import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type Command, Option } from "commander";
import { execa } from "execa";
import { z } from "zod";
import { utc } from "../base/moment.ts";
import { apiTargets, ask, download, print, withApiOptions } from "../client/api.ts";
import { type Recording, recordingSchema } from "../recordings/recording-schema.ts";
import { recordingStatuses } from "../records/call-record.ts";
import { moment } from "./options.ts";
import { table } from "./table.ts";

const listed = z.object({ recordings: z.array(recordingSchema) });

const seconds = (ms: number | null): string => (ms === null ? "" : `${(ms / 1000).toFixed(1)} s`);

const size = (recording: Recording): string => {
  const bytes = recording.files.reduce((sum, file) => sum + file.size, 0);
  return bytes === 0 ? "" : `${(bytes / 1e6).toFixed(2)} MB`;
};

const head = [
  "STARTED (UTC)",
  "FROM",
  "TO",
  "STATUS",
  "LENGTH",
  "SIZE",
  "CODEC",
  "GAPS",
  "ON",
  "ID",
  "PROBLEM",
];

const line = (recording: Recording): (string | number)[] => [
  recording.started_at === null ? "" : utc(recording.started_at, 0),
  recording.from.replace(/^sips?:/, ""),
  recording.to.replace(/^sips?:/, ""),
  recording.alarm ? `${recording.status} !` : recording.status,
  seconds(recording.duration_ms),
  size(recording),
  recording.codecs.join(","),
  recording.gaps.length,
  recording.copies.join(","),
  recording.id.slice(0, 8),
  recording.problem,
];

/** Completes the short id that the lists show. @throws Error */
async function fullId(command: Command, id: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  const { recordings } = await ask(apiTargets(command), listed, "GET", "/v1/recordings?limit=1000");
  const found = recordings.filter((recording) => recording.id.startsWith(id));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length || "no"} recordings begin with ${id}`);
  return only.id;
}

/** `dialtone recordings`: what was recorded, and what should have been. */
export function registerRecordings(program: Command): void {
  const group = withApiOptions(
    program.command("recordings").description("recordings of calls: list, fetch, delete, start, stop"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone recordings list --since 1d
  dialtone recordings list --alarm             what should have been recorded and is not as it should be
  dialtone recordings fetch 3f2a1b0c --format opus --output call.opus
  dialtone recordings start ID                 record a call that goes on (the id of its call record, whole)`,
  );

  group
    .command("list")
    .description("recordings, newest first")
    .option("--since <time>", "noticed at or after: an age such as 2h, or a time (UTC)", moment)
    .option("--until <time>", "noticed before", moment)
    .addOption(new Option("--status <status>").choices([...recordingStatuses]))
    .option("--alarm", "only those with something wrong")
    .option("--from <text>", "part of the caller's address")
    .option("--to <text>", "part of the called address")
    .option("--rule <name>", "the rule that decided the call")
    .option("--limit <number>", "at most so many (1000)", "50")
    .action(async (options: Record<string, string | boolean>, command: Command) => {
      const search = new URLSearchParams(
        Object.entries(options).map(([key, value]) => [key, String(value)] satisfies [string, string]),
      );
      const found = await ask(apiTargets(command), listed, "GET", `/v1/recordings?${search}`);
      print(command, found.recordings, () =>
        found.recordings.length === 0 ? "no recordings" : table(head, found.recordings.map(line)),
      );
    });

  group
    .command("show <id>")
    .description("one recording with its gaps and files")
    .action(async (id: string, _options: unknown, command: Command) => {
      const path = `/v1/recordings/${await fullId(command, id)}`;
      const recording = await ask(apiTargets(command), recordingSchema, "GET", path);
      print(command, recording, () =>
        [
          table(head, [line(recording)]),
          ...recording.gaps.map(
            (gap) =>
              `gap: ${seconds(gap.length_ms)} at ${seconds(gap.start_ms)}, ${gap.side}, ${gap.why} (${gap.from} → ${gap.to})`,
          ),
          ...recording.files.map((file) => `file: ${file.name}  ${file.size} bytes  sha256 ${file.sha256}`),
          ...(recording.delete_after === null ? [] : [`kept until ${recording.delete_after}`]),
          ...(recording.deleted_at === null
            ? []
            : [`deleted ${recording.deleted_at} by ${recording.deleted_by}`]),
        ].join("\n"),
      );
    });

  group
    .command("fetch <id>")
    .description("write the audio into a file: caller left, called right")
    .addOption(new Option("--format <format>").choices(["wav", "opus"]).default("wav"))
    .option("--output <file>", "default: ID.wav or ID.opus here")
    .action(async (short: string, options: { format: string; output?: string }, command: Command) => {
      const id = await fullId(command, short);
      const target = options.output ?? `${id}.${options.format}`;
      const part = `${target}.part`;
      const path = `/v1/recordings/${id}/audio?format=${options.format}`;
      try {
        const body = await download(apiTargets(command), path);
        await pipeline(body, createWriteStream(part));
        await rename(part, target);
      } finally {
        await rm(part, { force: true });
      }
      print(command, { id, file: target }, () => target);
    });

  group
    .command("delete <id>")
    .description("delete a recording on all nodes")
    .action(async (short: string, _options: unknown, command: Command) => {
      const id = await fullId(command, short);
      const schema = z.object({ id: z.string(), deleted: z.boolean() });
      const done = await ask(apiTargets(command), schema, "DELETE", `/v1/recordings/${id}`);
      print(command, done, () => (done.deleted ? `deleted ${id}` : `${id} was deleted already`));
    });

  for (const action of ["start", "stop"] as const)
    group
      .command(`${action} <id>`)
      .description(`${action} recording a call that goes on; the whole id of its call record`)
      .action(async (id: string, _options: unknown, command: Command) => {
        const schema = z.object({ id: z.string(), node: z.string() });
        const done = await ask(apiTargets(command), schema, "POST", `/v1/recordings/${id}/${action}`);
        print(command, done, () => `${action === "start" ? "recording" : "stopped"} on ${done.node}`);
      });

  group
    .command("keygen")
    .description("make a key for encryption at rest, as lines for cluster.secrets.yaml of every host")
    .action(async () => {
      const { stdout } = await execa("age-keygen", [], { stderr: "ignore" });
      const identity = /^AGE-SECRET-KEY-\S+$/m.exec(stdout)?.[0] ?? "";
      const recipient = /public key: (\S+)/.exec(stdout)?.[1] ?? "";
      process.stdout.write(`recording:\n  identity: ${identity}\n  recipient: ${recipient}\n`);
    });
}
