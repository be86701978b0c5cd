import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { LightBadge } from "../../kit/light.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { type Difference, differences, inLine } from "./documents.ts";
import classes from "./routing.module.css";
import { rulePath } from "./routing.tsx";

const useText = defineStrings("routing-changes", {
  en: {
    field: "Field",
    before: "Was",
    after: "Will be",
    became: "Became",
    new: "new",
    changed: "changed",
    removed: "removed",
    unknown: "What was before is not known.",
    same: "Nothing is different.",
    more_one: "One more field",
    more_other: "{{count}} more fields",
  },
  de: {
    field: "Feld",
    before: "War",
    after: "Wird",
    became: "Wurde",
    new: "neu",
    changed: "geändert",
    removed: "entfernt",
    unknown: "Was vorher war, ist nicht bekannt.",
    same: "Nichts ist anders.",
    more_one: "Noch ein Feld",
    more_other: "Noch {{count}} Felder",
  },
});

/** So many fields of one change are shown. */
const mostFields = 30;

export interface Change {
  part: string;
  key: string;
  before?: unknown;
  after?: unknown;
  known: boolean;
}

/** One thing that is changed, field by field. @param past it was changed; default: it will be */
export function ChangeView({
  change,
  past = false,
  note,
}: {
  change: Change;
  past?: boolean;
  note?: ReactNode;
}) {
  const t = useText();
  const { part, key, before, after, known } = change;
  const kind = before === null || before === undefined ? "new" : after === null ? "removed" : "changed";
  const all = differences(before ?? undefined, after ?? undefined);
  return (
    <article className={classes.change}>
      <div className={classes.changeHead}>
        <Text component="span" c="dimmed">
          {part}
        </Text>
        <strong>
          {part === "rules" && kind !== "removed" ? <Link to={rulePath(key)}>{key}</Link> : key}
        </strong>
        <LightBadge state={kind === "removed" ? "bad" : kind === "new" ? "good" : "warn"}>
          {t(kind)}
        </LightBadge>
        {note}
      </div>
      {!known && <Text c="dimmed">{t("unknown")}</Text>}
      {known && all.length === 0 && <Text c="dimmed">{t("same")}</Text>}
      {all.length > 0 && (
        <table className={classes.diff}>
          <thead>
            <tr>
              <th scope="col">{t("field")}</th>
              {kind !== "new" && <th scope="col">{t("before")}</th>}
              {kind !== "removed" && <th scope="col">{t(past ? "became" : "after")}</th>}
            </tr>
          </thead>
          <tbody>
            {all.slice(0, mostFields).map((one) => (
              <Line key={one.path} one={one} kind={kind} />
            ))}
          </tbody>
        </table>
      )}
      {all.length > mostFields && <Text c="dimmed">{t("more", { count: all.length - mostFields })}</Text>}
    </article>
  );
}

function Line({ one, kind }: { one: Difference; kind: "new" | "changed" | "removed" }) {
  return (
    <tr>
      <td className={classes.mono}>{one.path}</td>
      {kind !== "new" && <td className={`${classes.mono} ${classes.before}`}>{inLine(one.before) || "–"}</td>}
      {kind !== "removed" && (
        <td className={`${classes.mono} ${classes.after}`}>{inLine(one.after) || "–"}</td>
      )}
    </tr>
  );
}
