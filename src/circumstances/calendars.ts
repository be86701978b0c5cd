import { documents } from "../entities/document.ts";
import type { EntityIndex } from "../entities/entity.ts";
import { type Calendar, calendarSchema } from "./calendar-schema.ts";
import { withHolidays } from "./holidays.ts";
import { type CompiledCalendar, compiled } from "./opening.ts";

const index: EntityIndex<Calendar, ReadonlyMap<string, CompiledCalendar>> = {
  empty: new Map(),
  changed: (all, before, after) => {
    const next = new Map(all);
    if (before) next.delete(before.name);
    if (after) next.set(after.name, compiled(after));
    return next;
  },
};

export const calendars = documents({
  kind: "calendar",
  table: "calendars",
  path: "calendars",
  tag: "conditions",
  schema: calendarSchema,
  key: calendarSchema.shape.name,
  replace: calendarSchema.partial({ name: true }),
  index,
  document: ({ holidays: _, ...calendar }) => calendar,
  prepare: withHolidays,
});
