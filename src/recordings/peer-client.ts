import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { type HostContext, nodes } from "../cluster/facts.ts";
import type { HttpClient, Question, Reply } from "../http/client.ts";
import { peerClient } from "../http/peer-reader.ts";
import type { CaptureFile } from "./capture-files.ts";
import type { Claim } from "./owner.ts";
import type { RecordingFile } from "./recording-schema.ts";

const captureSchema = z.object({
  path: z.string(),
  callId: z.string(),
  base: z.string(),
  kind: z.enum(["packets", "description"]),
  size: z.int(),
  quietMs: z.number(),
}) satisfies z.ZodType<CaptureFile>;

/** The node could not be asked, or said no. */
export class PeerError extends Error {
  readonly refused: boolean;
  constructor(message: string, refused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "PeerError";
    this.refused = refused;
  }
}

/** Copying one recording takes no longer. */
const copyMs = 600_000;

/** The apps of the other nodes. */
export class PeerClient implements AsyncDisposable {
  private readonly clients: ReadonlyMap<string, HttpClient>;

  constructor(context: HostContext) {
    const { port } = context.cluster.api;
    this.clients = new Map(
      nodes(context.cluster).map(({ name }) => [
        name,
        peerClient(context, name, { port, connections: 4, connectMs: 1000 }),
      ]),
    );
  }

  private async send(node: string, question: Question): Promise<Reply["body"]> {
    try {
      const client = this.clients.get(node);
      if (!client) throw new Error("is no node of this cluster");
      const { status, body } = await client.open(question);
      if (status < 300) return body;
      const text = await body.text();
      const detail = /"detail":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
      throw new PeerError(`${node}: ${status} ${detail}`, status < 500);
    } catch (error) {
      if (error instanceof PeerError) throw error;
      throw new PeerError(`${node}: ${messageOf(error)}`, false, { cause: error });
    }
  }

  private async tell(node: string, path: string, body: object, answerMs?: number): Promise<void> {
    const answer = await this.send(node, { method: "POST", path, body, ...(answerMs && { answerMs }) });
    await answer.dump();
  }

  /** The capture files of a call on a node. @throws PeerError */
  async captures(node: string, callId: string): Promise<CaptureFile[]> {
    const path = `/v1/peer/captures?call_id=${encodeURIComponent(callId)}`;
    const body = await this.send(node, { path });
    return z.object({ captures: z.array(captureSchema) }).parse(JSON.parse(await body.text())).captures;
  }

  /** Copies one capture file to `target`. @throws PeerError, or Error of the file system. */
  async fetchCapture(node: string, path: string, target: string): Promise<void> {
    const body = await this.send(node, { path: `/v1/peer/captures/file?path=${encodeURIComponent(path)}` });
    await pipeline(body, createWriteStream(target, { mode: 0o640 }));
  }

  /** Copies one finished file to `target` and makes sure that it is whole and on disk. @throws PeerError, Error */
  async fetchFile(node: string, id: string, file: RecordingFile, target: string): Promise<void> {
    const body = await this.send(node, { path: `/v1/peer/recordings/${id}/${file.name}` });
    const hash = createHash("sha256");
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(size > file.size ? new Error(`${file.name} is longer than ${file.size} bytes`) : null, chunk);
      },
    });
    try {
      await pipeline(body, measure, createWriteStream(target, { mode: 0o640 }));
      const sha256 = hash.digest("hex");
      if (size !== file.size || sha256 !== file.sha256)
        throw new PeerError(
          `${node}: ${file.name} has ${size} bytes and digest ${sha256.slice(0, 12)}, not what the database says`,
          true,
        );
      await using handle = await open(target, "r+");
      await handle.sync();
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    }
  }

  /** Bytes `start` to `end` of the audio as another node has it, for somebody who asks here. @throws PeerError */
  async openAudio(node: string, id: string, file: RecordingFile, start: number, end: number) {
    const format = file.name.includes(".opus") ? "opus" : "wav";
    const path = `/v1/recordings/${id}/audio?format=${format}`;
    return await this.send(node, { path, headers: { range: `bytes=${start}-${end}` } });
  }

  /** "Fetch these files from me." @throws PeerError */
  async tellToFetch(node: string, claim: Claim, id: string, files: RecordingFile[]): Promise<void> {
    await this.tell(node, "/v1/peer/recordings/fetch", { claim, id, files }, copyMs);
  }

  /** "Remove these." @throws PeerError */
  async tellToRemove(
    node: string,
    claim: Claim,
    what: { id: string; call_id: string; recording: boolean },
  ): Promise<void> {
    await this.tell(node, "/v1/peer/recordings/remove", { claim, ...what });
  }

  /** Starts or stops a recording at the node that relays the call. @throws PeerError */
  async relayRecording(node: string, callId: string, action: "start" | "stop"): Promise<void> {
    await this.tell(node, "/v1/peer/recordings/relay", { call_id: callId, action });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.clients.values()].map((client) => client[Symbol.asyncDispose]()));
  }
}
