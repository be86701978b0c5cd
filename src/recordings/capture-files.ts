import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostDirs } from "../cluster/facts.ts";
import { callIdOf } from "../components/rtpengine/control.ts";

/** Where one host keeps recordings, below DATA/recordings. */
export const recordingPlaces = ({ data }: Pick<HostDirs, "data">) => {
  const root = join(data, "recordings");
  return {
    root,
    /** Finished recordings: store/<first two digits>/<id>/<file>. */
    store: join(root, "store"),
    /** Work in progress, removed at every start. */
    work: join(root, "work"),
    /** The newest term from which this host took an instruction. */
    fence: join(root, "fence.json"),
  };
};

/** The three folders that rtpengine makes below its --recording-dir. */
export const captureFolders = ["pcaps", "metadata", "tmp"] as const;

/** One file of rtpengine's. Its name begins with the escaped name of its session. */
export interface CaptureFile {
  /** Relative to the capture directory, such as "pcaps/abc%40host-0123456789abcdef.pcap". */
  path: string;
  callId: string;
  /** The same on every node that relayed the call: rtpengine's Redis carries it. */
  base: string;
  kind: "packets" | "description";
  size: number;
  /** Since its last change, ms, by the clock of its own node. */
  quietMs: number;
}

const patterns: Record<(typeof captureFolders)[number], RegExp> = {
  pcaps: /^(.+)-([0-9a-f]{16})\.pcap$/,
  metadata: /^rtpengine-meta-(.+)-([0-9a-f]{16})\.txt$/,
  tmp: /^rtpengine-meta-(.+)-([0-9a-f]{16})\.tmp$/,
};

/**
 * What a file name of rtpengine 10.5 says: `<session, percent-encoded>-<16 hex digits>.pcap`, and `rtpengine-meta-…`
 * with the SDP of the call (in tmp/ while the call lasts, in metadata/ afterwards). Pure.
 * @param path relative to the capture directory
 */
export function parseCaptureName(path: string): Pick<CaptureFile, "callId" | "base" | "kind"> | undefined {
  const [folder = "", name = "", rest] = path.split("/");
  const known = captureFolders.find((one) => one === folder);
  const match = known && rest === undefined ? patterns[known].exec(name) : null;
  if (!match) return undefined;
  try {
    return {
      callId: callIdOf(decodeURIComponent(match[1] ?? "")),
      base: `${match[1]}-${match[2]}`,
      kind: folder === "pcaps" ? "packets" : "description",
    };
  } catch {
    return undefined; // not escaped as rtpengine does it: not its file
  }
}

/** An empty capture has only the header of its format (24 bytes), or nothing: a standby's, which means nothing. */
export const hasPackets = (file: CaptureFile): boolean => file.kind === "packets" && file.size > 24;

/** All capture files of this host. A missing directory (rtpengine never ran) is an empty one. */
export async function listCaptures(capture: string): Promise<CaptureFile[]> {
  const found: CaptureFile[] = [];
  for (const folder of captureFolders)
    for (const name of await namesIn(join(capture, folder))) {
      const path = `${folder}/${name}`;
      const parsed = parseCaptureName(path);
      if (!parsed) continue;
      const facts = await stat(join(capture, path)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined; // rtpengine moved it just now
        throw error;
      });
      if (facts) found.push({ path, ...parsed, size: facts.size, quietMs: Date.now() - facts.mtimeMs });
    }
  return found;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
