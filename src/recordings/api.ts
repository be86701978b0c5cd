import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { narrowingOf } from "../http/scope.ts";
import { audioFile, openAudio } from "./audio.ts";
import { deliver } from "./deliver.ts";
import { deleteRecording, orderRecording, type RecordingServices } from "./orders.ts";
import { recordingQuery, recordingSchema } from "./recording-schema.ts";
import { findRecording, recordingOf, searchRecordings } from "./search.ts";

const params = z.object({ id: z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits") });
const tags = ["recordings"];

/** /v1/recordings: recordings for people and programs. */
export const recordingRoutes =
  (services: RecordingServices): FastifyPluginAsyncZod =>
  async (app) => {
    const { database } = services;
    app.get(
      "/v1/recordings",
      {
        schema: {
          summary: "Recordings, newest first",
          tags,
          querystring: recordingQuery,
          response: { 200: z.object({ recordings: z.array(recordingSchema), next: z.string().nullable() }) },
        },
      },
      (request) => searchRecordings(database, request.query, narrowingOf(request)),
    );
    app.get(
      "/v1/recordings/:id",
      { schema: { summary: "One recording", tags, params, response: { 200: recordingSchema } } },
      async (request) => recordingOf(await findRecording(database, request.params.id, narrowingOf(request))),
    );
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
      async (request) => {
        const { id } = request.params;
        return { id, deleted: await deleteRecording(services, id, narrowingOf(request)) };
      },
    );
    await app.register(audioRoute(services));
    await app.register(orderRoutes(services));
  };

const audioRoute =
  (services: RecordingServices): FastifyPluginAsyncZod =>
  async (app) => {
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
        const { format } = request.query;
        const row = await findRecording(services.database, id, narrowingOf(request));
        const file = audioFile(row, format);
        const shown = { name: `${id}.${format}`, size: file.plain, etag: file.sha256 };
        return deliver(request, reply, shown, (start, end) => openAudio(services, row, file, start, end));
      },
    );
  };

const orderRoutes =
  (services: RecordingServices): FastifyPluginAsyncZod =>
  async (app) => {
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
        async (request) => {
          const { id } = request.params;
          return { id, node: await orderRecording(services, id, action, narrowingOf(request)) };
        },
      );
  };
