import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { type Readable, Transform } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import parseRange from "range-parser";
import { Problem } from "../http/problems.ts";
import type { RecordingFile } from "./recording-schema.ts";

const types: Record<string, string> = { wav: "audio/wav", opus: "audio/ogg; codecs=opus" };

/**
 * Answers with a file or, as RFC 9110 section 14 has it, with one range of it. Several ranges at once are answered with
 * the whole file, which the RFC allows.
 * @param open gives the bytes `start` to `end`, both included.
 * @throws Problem `range-not-satisfiable`
 */
export async function deliver(
  request: FastifyRequest,
  reply: FastifyReply,
  file: { name: string; size: number; etag: string },
  open: (start: number, end: number) => Promise<Readable>,
): Promise<FastifyReply> {
  const extension = /\.(wav|opus)/.exec(file.name)?.[1] ?? "";
  reply
    .header("accept-ranges", "bytes")
    .header("etag", `"${file.etag}"`)
    .header("content-disposition", `attachment; filename="${file.name}"`)
    .type(file.name.endsWith(".age") ? "application/octet-stream" : (types[extension] ?? "audio/wav"));
  const asked = request.headers["if-range"];
  const wanted = asked === undefined || asked === `"${file.etag}"` ? request.headers.range : undefined;
  const ranges = wanted === undefined ? -2 : parseRange(file.size, wanted);
  if (ranges === -1) {
    reply.header("content-range", `bytes */${file.size}`);
    throw new Problem("range-not-satisfiable", `the file has ${file.size} bytes`);
  }
  const range = typeof ranges === "object" && ranges.length === 1 ? ranges[0] : undefined;
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${file.size}`);
  reply.header("content-length", end - start + 1);
  return reply.send(await open(start, end));
}

/** Bytes `start` to `end` of a stream that can only be read from its beginning. */
export function cut(start: number, end: number): Transform {
  let at = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const from = Math.max(0, start - at);
      const to = Math.min(chunk.length, end + 1 - at);
      const over = at > end;
      at += chunk.length;
      if (to > from) this.push(chunk.subarray(from, to));
      // What comes after the last byte is not waited for.
      if (at > end && !over) this.push(null);
      done();
    },
  });
}

/** A finished recording's file, decrypted if need be. The key goes to age through its standard input only. */
export function openRecording(
  path: string,
  file: RecordingFile,
  identity: string | undefined,
  start: number,
  end: number,
): Readable {
  if (!file.name.endsWith(".age")) return createReadStream(path, { start, end });
  if (identity === undefined)
    throw new Problem("not-now", "this recording is encrypted, and cluster.secrets.yaml has no key for it");
  const child = spawn("nice", ["age", "--decrypt", "--identity", "-", path], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  const result = cut(start, end);
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-300);
  });
  child.on("error", (error) => result.destroy(error));
  child.on("close", (code) => {
    // Only now is it known whether that was all: a damaged file must not look like a short one.
    if (code === 0) result.end();
    else if (!result.readableEnded) result.destroy(new Error(`age ended with ${code}: ${said.trim()}`));
  });
  child.stdin.on("error", () => {}); // it ended early: its exit code and words say why
  child.stdin.end(`${identity}\n`);
  child.stdout.pipe(result, { end: false });
  // Neither a listener that goes away nor one that has enough leaves age behind.
  for (const event of ["end", "close"]) result.on(event, () => child.kill());
  return result;
}
