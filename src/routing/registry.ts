import { carriers } from "../carriers/carriers.ts";
import { farms } from "../carriers/farms.ts";
import { guards } from "../carriers/guards.ts";
import { currencies, prices } from "../carriers/prices.ts";
import { calendars } from "../circumstances/calendars.ts";
import { flags } from "../circumstances/flags.ts";
import { tables } from "../circumstances/tables.ts";
import { scripts } from "../consult/scripts.ts";
import { featureCodes } from "../directory/codes.ts";
import { desks } from "../directory/desks.ts";
import { groups } from "../directory/groups.ts";
import { numbers } from "../directory/numbers.ts";
import { users } from "../directory/users.ts";
import type { SnapshotOf } from "../entities/entity.ts";
import { ranges } from "../numbering/ranges.ts";
import { sites } from "../numbering/sites.ts";
import { webhooks } from "../webhooks/webhooks.ts";
import { rules } from "./rules.ts";

/**
 * Everything that decides calls, by the names of the snapshot's parts: the one place where a new kind of thing is
 * registered. The change log, the snapshot in memory and on disk, the API and the health document walk this list; beside
 * it a new kind needs a migration for its table (src/db/), and a command (src/cli/).
 */
export const registry = {
  users,
  groups,
  numbers,
  sites,
  ranges,
  calendars,
  flags,
  tables,
  rules,
  scripts,
  carriers,
  farms,
  guards,
  prices,
  currencies,
  codes: featureCodes,
  desks,
  webhooks,
};

export type Snapshot = SnapshotOf<typeof registry>;
