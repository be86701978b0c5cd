import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Agent, request } from "undici";
import { z } from "zod";
import { type HostContext, hostNamed } from "../cluster/facts.ts";
import type { CaptureFile } from "./capture-files.ts";
import type { RecordingFile } from "./convert.ts";
import type { Claim } from "./owner.ts";

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

/** A transfer without a byte for so long has failed. */
const idleMs = 10_000;
/** Copying one recording takes no longer. */
const copyMs = 600_000;

/** The app of another node, over HTTPS with the cluster's own authority and the peer token. */
export class PeerClient implements AsyncDisposable {
  private readonly context: HostContext;
  private readonly agent: Agent;

  constructor(context: HostContext) {
    this.context = context;
    this.agent = new Agent({
      connections: 4,
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      connect: { ca: context.secrets.tls.ca, timeout: 1000 },
    });
  }

  private async send(
    node: string,
    method: "GET" | "POST",
    path: string,
    body?: unknown,
    answerMs = idleMs,
    headers = {},
  ) {
    const { cluster, secrets } = this.context;
    const url = `https://${hostNamed(cluster, node).address}:${cluster.api.port}${path}`;
    try {
      const response = await request(url, {
        dispatcher: this.agent,
        method,
        headers: {
          authorization: `Bearer ${secrets.peer_token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        headersTimeout: answerMs,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (response.statusCode < 300) return response;
      const text = await response.body.text();
      const detail = /"detail":"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? text.slice(0, 200);
      throw new PeerError(`${node}: ${response.statusCode} ${detail}`, response.statusCode < 500);
    } catch (error) {
      if (error instanceof PeerError) throw error;
      throw new PeerError(`${node}: ${error instanceof Error ? error.message : error}`, false, {
        cause: error,
      });
    }
  }

  /** The capture files of a call on a node. @throws PeerError */
  async captures(node: string, callId: string): Promise<CaptureFile[]> {
    const path = `/v1/peer/captures?call_id=${encodeURIComponent(callId)}`;
    const response = await this.send(node, "GET", path);
    return z.object({ captures: z.array(captureSchema) }).parse(await response.body.json()).captures;
  }

  /** Copies one capture file to `target`. @throws PeerError, or Error of the file system. */
  async fetchCapture(node: string, path: string, target: string): Promise<void> {
    const response = await this.send(node, "GET", `/v1/peer/captures/file?path=${encodeURIComponent(path)}`);
    await pipeline(response.body, createWriteStream(target, { mode: 0o640 }));
  }

  /** Copies one finished file to `target` and makes sure that it is whole and on disk. @throws PeerError, Error */
  async fetchFile(node: string, id: string, file: RecordingFile, target: string): Promise<void> {
    const response = await this.send(node, "GET", `/v1/peer/recordings/${id}/${file.name}`);
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
      await pipeline(response.body, measure, createWriteStream(target, { mode: 0o640 }));
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
    return (await this.send(node, "GET", path, undefined, idleMs, { range: `bytes=${start}-${end}` })).body;
  }

  /** "Fetch these files from me." @throws PeerError */
  async tellToFetch(node: string, claim: Claim, id: string, files: RecordingFile[]): Promise<void> {
    const response = await this.send(node, "POST", "/v1/peer/recordings/fetch", { claim, id, files }, copyMs);
    await response.body.dump();
  }

  /** "Remove these." @throws PeerError */
  async tellToRemove(
    node: string,
    claim: Claim,
    what: { id: string; call_id: string; recording: boolean },
  ): Promise<void> {
    const response = await this.send(node, "POST", "/v1/peer/recordings/remove", { claim, ...what });
    await response.body.dump();
  }

  /** Starts or stops a recording at the node that relays the call. @throws PeerError */
  async relayRecording(node: string, callId: string, action: "start" | "stop"): Promise<void> {
    const response = await this.send(node, "POST", "/v1/peer/recordings/relay", { call_id: callId, action });
    await response.body.dump();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.agent.destroy();
  }
}
