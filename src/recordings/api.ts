import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { sql } from "kysely";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import { recordingStatuses } from "../records/call-record.ts";
import { expected } from "../records/recording-rows.ts";
import type { Events } from "../telemetry/log.ts";
import { fileSchema, type RecordingFile, resultSchema } from "./convert.ts";
import { deliver, openRecording } from "./deliver.ts";
import { PeerError } from "./peer-client.ts";
import { relayRecording } from "./relay.ts";
import type { Recordings } from "./service.ts";
import { relayingNode } from "./service.ts";
import { filesOf, namesOf, type Row } from "./store.ts";

const moment = z.iso.datetime({ offset: true });
const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits") });

export const recordingSchema = z.object({
  id: z.string().describe("the id of its call record"),
  call_id: z.string(),
  status: z.enum(recordingStatuses),
  wanted_by: z.enum(["rule", "request"]),
  alarm: z.boolean().describe("something is wrong with it: see `problem`"),
  problem: z.string(),
  from: z.string(),
  to: z.string(),
  rule: z.string(),
  started_at: moment.nullable().describe("its first sound"),
  duration_ms: z.int().nullable(),
  codecs: z.array(z.string()).describe("of the call; the files are WAV and Ogg Opus"),
  rate: z.int().describe("samples per second of the WAV file"),
  encrypted: z.boolean(),
  files: z.array(fileSchema),
  gaps: resultSchema.shape.gaps.describe("silence in the recording that was none in the call"),
  nodes: z.array(z.string()).describe("nodes that captured it"),
  awaited: z.array(z.string()).describe("nodes that may have captured more, and can not be asked now"),
  copies: z.array(z.string()).describe("nodes that have the files"),
  delete_after: moment.nullable(),
  deleted_at: moment.nullable(),
  deleted_by: z.string().nullable(),
});
export type Recording = z.infer<typeof recordingSchema>;

const recordingOf = (row: Row & { caller: string | null; callee: string | null; rule: string | null }) => ({
  id: row.id.toString("hex"),
  call_id: row.call_id,
  status: row.status as Recording["status"], // written by this program only, from the same list
  wanted_by: row.wanted_by as Recording["wanted_by"],
  alarm: row.alarm !== 0,
  problem: row.problem,
  from: row.caller ?? "",
  to: row.callee ?? "",
  rule: row.rule ?? "",
  started_at: row.started_at?.toISOString() ?? null,
  duration_ms: row.duration_ms,
  codecs: row.codecs === "" ? [] : row.codecs.split(","),
  rate: row.rate,
  encrypted: row.encrypted !== 0,
  files: row.status === "deleted" ? [] : filesOf(row),
  gaps: resultSchema.shape.gaps.parse(JSON.parse(row.gaps)),
  nodes: namesOf(row.nodes),
  awaited: namesOf(row.awaited),
  copies: namesOf(row.copies),
  delete_after: row.delete_after?.toISOString() ?? null,
  deleted_at: row.deleted_at?.toISOString() ?? null,
  deleted_by: row.deleted_by,
});

/** Recordings for people and programs. */
export const recordingRoutes =
  ({
    context,
    database,
    recordings,
    events,
  }: {
    context: HostContext;
    database: Database;
    recordings: Recordings;
    events: Events;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const tags = ["recordings"];
    const joined = () =>
      recordings.store.db
        .selectFrom("recordings")
        .leftJoin("records", "records.id", "recordings.id")
        .selectAll("recordings")
        .select(["records.caller", "records.callee", "records.rule"]);

    const find = async (id: string) => {
      const row = await database.read(() =>
        joined().where("recordings.id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
      );
      if (!row) throw new Problem("not-found", `there is no recording ${id}`);
      return row;
    };

    app.get(
      "/v1/recordings",
      {
        schema: {
          summary: "Recordings, newest first",
          tags,
          querystring: z.object({
            since: moment.optional().describe("call noticed at or after"),
            until: moment.optional(),
            status: z.enum(recordingStatuses).optional(),
            alarm: z.stringbool().optional().describe("only those with (true) or without (false) an alarm"),
            from: z.string().max(256).optional().describe("part of the caller's address"),
            to: z.string().max(256).optional().describe("part of the called address"),
            rule: z.string().max(64).optional(),
            call_id: z.string().max(512).optional(),
            limit: z.coerce.number().int().min(1).max(1000).default(100),
            offset: z.coerce.number().int().min(0).max(100_000).default(0),
          }),
          response: { 200: z.object({ recordings: z.array(recordingSchema) }) },
        },
      },
      async ({ query }) => {
        const like = (text: string) => `%${text.replace(/[\\%_]/g, "\\$&")}%`;
        let select = joined();
        if (query.since) select = select.where("recordings.created_at", ">=", new Date(query.since));
        if (query.until) select = select.where("recordings.created_at", "<", new Date(query.until));
        if (query.status) select = select.where("recordings.status", "=", query.status);
        if (query.alarm !== undefined) select = select.where("recordings.alarm", "=", query.alarm ? 1 : 0);
        if (query.from) select = select.where("records.caller", "like", like(query.from));
        if (query.to) select = select.where("records.callee", "like", like(query.to));
        if (query.rule) select = select.where("records.rule", "=", query.rule);
        if (query.call_id) select = select.where("recordings.call_id", "=", query.call_id);
        const page = select
          .orderBy("recordings.created_at", "desc")
          .orderBy("recordings.id")
          .limit(query.limit)
          .offset(query.offset);
        const rows = await database.read(() => page.execute());
        return { recordings: rows.map(recordingOf) };
      },
    );

    app.get(
      "/v1/recordings/:id",
      { schema: { summary: "One recording", tags, params, response: { 200: recordingSchema } } },
      async ({ params: { id } }) => recordingOf(await find(id)),
    );

    app.get(
      "/v1/recordings/:id/audio",
      {
        schema: {
          summary: "The audio: caller left, called right",
          description:
            "Understands Range (RFC 9110). An encrypted recording is decrypted on the way; a range of it costs as much as all that is before it.",
          tags,
          params,
          querystring: z.object({ format: z.enum(["wav", "opus"]).default("wav") }),
        },
      },
      async (request, reply) => {
        const { id } = request.params;
        const row = await find(id);
        const file = filesOf(row).find(({ name }) => name.startsWith(`recording.${request.query.format}`));
        if (row.status !== "ready" || !file)
          throw new Problem("not-now", `the recording is ${row.status}${row.problem && `: ${row.problem}`}`);
        const shown = { name: `${id}.${request.query.format}`, size: file.plain, etag: file.sha256 };
        return deliver(request, reply, shown, (start, end) => open(row, file, start, end));
      },
    );

    /** From this node's disk, or by way of a node that has it. */
    async function open(row: Row, file: RecordingFile, start: number, end: number): Promise<Readable> {
      const id = row.id.toString("hex");
      const copies = namesOf(row.copies);
      const path = join(recordings.files.folder(id), file.name);
      if (copies.includes(context.self.name) && existsSync(path))
        return openRecording(path, file, context.secrets.recording?.identity, start, end);
      for (const node of copies.filter((name) => name !== context.self.name))
        try {
          return await recordings.peers.openAudio(node, id, file, start, end);
        } catch (error) {
          if (!(error instanceof PeerError)) throw error;
        }
      throw new Problem("not-now", `the files are on ${copies.join(", ")}, which can not be reached`);
    }

    app.delete(
      "/v1/recordings/:id",
      {
        schema: {
          summary: "Delete a recording on all nodes",
          description:
            "It can not be fetched from now on; its files go from each node as soon as that can be reached. The log keeps who and when.",
          tags,
          params,
          response: { 200: z.object({ id: z.string(), deleted: z.boolean() }) },
        },
      },
      async ({ params: { id } }) => {
        const row = await find(id);
        if (row.status === "recording") throw new Problem("not-now", "the call goes on: stop it first");
        const deleted = await recordings.store.markDeleted(row.id, "request");
        if (deleted)
          events.recordingDeleted(
            id,
            "request",
            filesOf(row).map((file) => file.name),
          );
        return { id, deleted };
      },
    );

    for (const action of ["start", "stop"] as const)
      app.post(
        `/v1/recordings/:id/${action}`,
        {
          schema: {
            summary: action === "start" ? "Record a call that goes on" : "Stop recording a call that goes on",
            description: "By the id of the call record. The call's audio must pass through the relay.",
            tags,
            params,
            response: { 200: z.object({ id: z.string(), node: z.string() }) },
          },
        },
        async ({ params: { id } }) => {
          const record = await database.read((db) =>
            db.selectFrom("records").selectAll().where("id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
          );
          if (!record) throw new Problem("not-found", `there is no call record ${id}`);
          if (record.closed_how !== null) throw new Problem("not-now", "the call is over");
          if (action === "start" && recordings.guard.state !== "ok")
            throw new Problem("not-now", recordings.guard.problem() ?? "no space");
          const node = await tellRelay(record.call_id, action);
          if (action === "start")
            await database.transact((trx) =>
              trx
                .insertInto("recordings")
                .values(expected(record.id, record.call_id, "request"))
                .onDuplicateKeyUpdate({ id: sql`recordings.id` })
                .execute(),
            );
          events.recordingRequested(id, action, node);
          return { id, node };
        },
      );

    /** @returns the node that relays the call. @throws Problem `not-now` with the relay's own words. */
    async function tellRelay(callId: string, action: "start" | "stop"): Promise<string> {
      try {
        const node = await relayingNode(context, recordings.watch);
        if (node === context.self.name) await relayRecording(callId, action);
        else await recordings.peers.relayRecording(node, callId, action);
        return node;
      } catch (error) {
        throw new Problem("not-now", messageOf(error));
      }
    }
  };
