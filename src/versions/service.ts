import type { World } from "../carriers/choose.ts";
import type { Database } from "../db/database.ts";
import type { Setting } from "../entities/entity.ts";
import { registry, type Snapshot } from "../routing/registry.ts";
import { versionRoutes } from "./api.ts";
import { withEdits } from "./documents.ts";
import { draftRoutes } from "./draft-api.ts";
import { Drafts } from "./drafts.ts";
import { History } from "./history.ts";
import type { Scope } from "./scope.ts";
import { findings } from "./validate.ts";

/** Versions and drafts of one app. */
export function createVersions(
  database: Database,
  live: { snapshot: Snapshot; world: World; refresh(): Promise<void>; catchUp(): Promise<void> },
  setting: Setting,
) {
  const drafts = new Drafts(registry, database, setting);
  const history = new History(registry, database);
  const parts = {
    database,
    live,
    drafts,
    history,
    findings: (snapshot: Snapshot, scope: Scope) => findings(snapshot, scope, Date.now(), live.world.book),
  };
  return {
    routes: [versionRoutes(parts), draftRoutes(parts)],
    /** What would decide if the draft were published now. @throws Problem `not-found` */
    async snapshotWith(draft: string): Promise<Snapshot> {
      const { edits } = await drafts.edits(draft);
      return withEdits(registry, live.snapshot, edits);
    },
  };
}
