import { numbers } from "../directory/numbers.ts";
import { users } from "../directory/users.ts";
import type { SnapshotOf } from "../entities/entity.ts";
import { rules } from "./rules.ts";

/**
 * Everything that decides calls, by the names of the snapshot's parts: the one place where a new kind of thing is
 * registered. The change log, the snapshot in memory and on disk, the API and the health document walk this list; beside
 * it a new kind needs a migration for its table (src/db/), and a command (src/cli/).
 */
export const registry = { users, numbers, rules };

export type Snapshot = SnapshotOf<typeof registry>;
