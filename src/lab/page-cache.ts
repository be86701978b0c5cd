import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { hostDirs } from "../cluster/facts.ts";
import { loadCheckpoint } from "../journal/checkpoint.ts";
import { SegmentList } from "../journal/segments.ts";
import { isWrittenThrough } from "../journal/write-through.ts";

/**
 * What a real power cut takes and a killed process does not: whatever was written and not yet synced. The host's journal
 * of SIP events is written through where its file system can do that (records/write-through.ts), and loses nothing;
 * elsewhere what lies behind the shipper's checkpoint goes: only the shipper syncs it, before it ships. (Some of it may
 * have been synced a moment ago: this is the worst case.) Events that came over HTTP are synced before they are
 * acknowledged, and the database is the other nodes' too: both stay.
 * @returns how many bytes were taken.
 */
export async function loseUnsynced(data: string): Promise<number> {
  const dirs = hostDirs(data);
  const checkpoint = await loadCheckpoint(join(dirs.app, "checkpoint.json"));
  let lost = 0;
  for (const segment of await new SegmentList(join(dirs.journal, "sip")).list()) {
    const synced = checkpoint.offsetOf(segment.key);
    if (segment.size <= synced || (await isWrittenThrough(segment.path))) continue;
    await truncate(segment.path, synced);
    lost += segment.size - synced;
  }
  return lost;
}
