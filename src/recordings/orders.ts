import { sql } from "kysely";
import { messageOf } from "../base/message.ts";
import type { HostContext } from "../cluster/facts.ts";
import { relayRecording } from "../components/rtpengine/control.ts";
import type { Database } from "../db/database.ts";
import { Problem } from "../http/problems.ts";
import type { Narrowing } from "../http/scope.ts";
import { expected } from "../records/recording-rows.ts";
import type { Events } from "../telemetry/log.ts";
import { findRecording, isSeen } from "./search.ts";
import { type Recordings, relayingNode } from "./service.ts";
import { filesOf } from "./store.ts";

/** What people order: record this call, stop recording it, delete the recording. */

export interface RecordingServices {
  context: HostContext;
  database: Database;
  recordings: Recordings;
  events: Events;
}

/**
 * Starts or stops the recording of a call that goes on.
 * @returns the node that relays the call.
 * @throws Problem `not-found`; `not-now` in the relay's own words, or when there is no space.
 */
export async function orderRecording(
  { context, database, recordings, events }: RecordingServices,
  id: string,
  action: "start" | "stop",
  narrowing?: Narrowing,
): Promise<string> {
  const record = await database.read((db) =>
    db.selectFrom("records").selectAll().where("id", "=", Buffer.from(id, "hex")).executeTakeFirst(),
  );
  if (!record || !isSeen(record, narrowing)) throw new Problem("not-found", `there is no call record ${id}`);
  if (record.closed_how !== null) throw new Problem("not-now", "the call is over");
  if (action === "start" && recordings.guard.state !== "ok")
    throw new Problem("not-now", recordings.guard.problem() ?? "no space");
  const node = await tellRelay(context, recordings, record.call_id, action);
  if (action === "start")
    await database.transact((trx) =>
      trx
        .insertInto("recordings")
        .values(expected(record.id, record.call_id, "request"))
        .onDuplicateKeyUpdate({ id: sql`recordings.id` })
        .execute(),
    );
  events.recordingRequested(id, action, node);
  return node;
}

/** @returns the node that relays the call. @throws Problem `not-now` with the relay's own words. */
async function tellRelay(
  context: HostContext,
  recordings: Recordings,
  callId: string,
  action: "start" | "stop",
): Promise<string> {
  try {
    const node = await relayingNode(context, recordings.watch);
    if (node === context.self.name) await relayRecording(callId, action);
    else await recordings.peers.relayRecording(node, callId, action);
    return node;
  } catch (error) {
    throw new Problem("not-now", messageOf(error));
  }
}

/** @returns false: it was deleted before. @throws Problem `not-found`, `not-now` while the call goes on. */
export async function deleteRecording(
  { database, recordings, events }: RecordingServices,
  id: string,
  narrowing?: Narrowing,
): Promise<boolean> {
  const row = await findRecording(database, id, narrowing);
  if (row.status === "recording") throw new Problem("not-now", "the call goes on: stop it first");
  const deleted = await recordings.store.markDeleted(row.id, "request");
  if (deleted)
    events.recordingDeleted(
      id,
      "request",
      filesOf(row).map((file) => file.name),
    );
  return deleted;
}
