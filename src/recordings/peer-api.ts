import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { relayRecording } from "../components/rtpengine/control.ts";
import { Problem } from "../http/problems.ts";
import type { Events } from "../telemetry/log.ts";
import { parseCaptureName } from "./capture-files.ts";
import { deliver } from "./deliver.ts";
import { type Claim, claimSchema } from "./owner.ts";
import { fileSchema } from "./recording-schema.ts";
import type { Recordings } from "./service.ts";
import { filesOf } from "./store.ts";

const id = z.string().regex(/^[0-9a-f]{32}$/, "must be 32 hexadecimal digits");
const done = { 200: z.object({ done: z.literal(true) }) };

/**
 * What the apps of the nodes ask of each other about recordings (http/access.ts: only with the peer token). Instructions that change
 * files here are obeyed only from the node that this host's own agent sees hold the service address (owner.ts).
 */
export const peerRecordingRoutes =
  ({ recordings, events }: { recordings: Recordings; events: Events }): FastifyPluginAsyncZod =>
  async (app) => {
    const { files, watch, peers } = recordings;
    const hide = { hide: true };

    /** @throws Problem `not-now` */
    const obey = async (claim: Claim, what: string): Promise<void> => {
      const why = await watch.check(claim);
      if (why === undefined) return;
      events.instructionRefused(claim.host, what, why);
      throw new Problem("not-now", why);
    };

    app.get(
      "/v1/peer/captures",
      { schema: { ...hide, querystring: z.object({ call_id: z.string().min(1).max(512) }) } },
      async ({ query }) => ({ captures: await files.capturesOf(query.call_id) }),
    );

    app.get(
      "/v1/peer/captures/file",
      { schema: { ...hide, querystring: z.object({ path: z.string().max(1024) }) } },
      async ({ query: { path } }, reply) => {
        // Nothing but rtpengine's own files: the name's form has no way up.
        if (!parseCaptureName(path)) throw new Problem("not-found", `${path} is no capture`);
        const stream = createReadStream(join(files.captures, path));
        await new Promise<void>((resolve, reject) => {
          stream.once("open", () => resolve());
          stream.once("error", () => reject(new Problem("not-found", `${path} is gone`)));
        });
        return reply.type("application/octet-stream").send(stream);
      },
    );

    app.get(
      "/v1/peer/recordings/:id/:name",
      { schema: { ...hide, params: z.object({ id, name: fileSchema.shape.name }) } },
      async (request, reply) => {
        const row = await recordings.store.get(Buffer.from(request.params.id, "hex"));
        const file = row && filesOf(row).find(({ name }) => name === request.params.name);
        if (!file) throw new Problem("not-found", `there is no ${request.params.name} of this recording`);
        const path = join(files.folder(request.params.id), file.name);
        return deliver(request, reply, { ...file, etag: file.sha256 }, async (start, end) =>
          createReadStream(path, { start, end }),
        );
      },
    );

    app.post(
      "/v1/peer/recordings/fetch",
      {
        schema: {
          ...hide,
          body: z.object({ claim: claimSchema, id, files: z.array(fileSchema).min(1).max(4) }),
          response: done,
        },
      },
      async ({ body: { claim, id: recording, files: wanted } }) => {
        await obey(claim, "fetch");
        if (!(await files.has(recording, wanted))) {
          const work = await files.workspace(recording, "fetch");
          try {
            for (const file of wanted)
              await peers.fetchFile(claim.host, recording, file, join(work, file.name));
            // It took time: the address may have moved since.
            await obey(claim, "fetch");
            await files.install(recording, work, wanted);
          } finally {
            await files.clear(work);
          }
        }
        return { done: true as const };
      },
    );

    app.post(
      "/v1/peer/recordings/remove",
      {
        schema: {
          ...hide,
          body: z.object({
            claim: claimSchema,
            id,
            call_id: z.string().min(1).max(512),
            recording: z.boolean().describe("the finished files too, not only the captures"),
          }),
          response: done,
        },
      },
      async ({ body: { claim, id: recording, call_id, recording: finished } }) => {
        await obey(claim, "remove");
        const removed = [
          ...(finished ? await files.remove(recording) : []),
          ...(await files.removeCaptures(call_id)),
        ];
        if (removed.length > 0) events.recordingRemoved(recording, claim.host, removed);
        return { done: true as const };
      },
    );

    app.post(
      "/v1/peer/recordings/relay",
      {
        schema: {
          ...hide,
          body: z.object({ call_id: z.string().min(1).max(512), action: z.enum(["start", "stop"]) }),
          response: done,
        },
      },
      async ({ body: { call_id, action } }) => {
        await relayRecording(call_id, action).catch((error: unknown) => {
          throw new Problem("not-now", messageOf(error));
        });
        return { done: true as const };
      },
    );
  };
