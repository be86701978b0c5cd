import { type RawBuilder, sql } from "kysely";

/** What comes after a place in a list that is sorted by a time and an id, newest first. A comparison of pairs would use no index. */
export const olderThan = (time: string, id: string, place: { at: Date; id: Buffer }): RawBuilder<boolean> =>
  sql<boolean>`${sql.ref(time)} <= ${place.at} AND (${sql.ref(time)} < ${place.at} OR ${sql.ref(id)} < ${place.id})`;
