import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { HostContext } from "../cluster/facts.ts";
import { Problem } from "../http/problems.ts";
import { openRecording } from "./deliver.ts";
import { PeerError } from "./peer-client.ts";
import type { RecordingFile } from "./recording-schema.ts";
import type { Recordings } from "./service.ts";
import { filesOf, namesOf, type Row } from "./store.ts";

/** The file of a recording in this format. @throws Problem `not-now` while there is none. */
export function audioFile(row: Row, format: "wav" | "opus"): RecordingFile {
  const file = filesOf(row).find(({ name }) => name.startsWith(`recording.${format}`));
  if (row.status !== "ready" || !file)
    throw new Problem("not-now", `the recording is ${row.status}${row.problem && `: ${row.problem}`}`);
  return file;
}

/**
 * Bytes `start` to `end` of a recording as it was before encryption: from this node's disk, or by way of a node that has
 * it. @throws Problem `not-now` when no such node can be reached.
 */
export async function openAudio(
  { context, recordings }: { context: HostContext; recordings: Recordings },
  row: Row,
  file: RecordingFile,
  start: number,
  end: number,
): Promise<Readable> {
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
