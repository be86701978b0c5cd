import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type FieldLook } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("number", {
  en: {
    new: "New number",
    newRange: "New range",
    number: "Number",
    numberHelp: "As the world dials it, such as +4930123456, or a short one of your own.",
    user: "Rings at user",
    group: "Rings at group",
    description: "Description",
    name: "Name",
    first: "First number",
    last: "Last number",
    lastHelp: "With as many digits as the first.",
    digits: "The last digits are the user's name: how many",
    digitsHelp: "4 of +497111234321 ring user 4321. Give one of user, group and this; none: rules decide.",
    make: "Add",
    remove: "Remove",
    removeTitle: "Remove {{name}}?",
    callers: "Who dials it finds what rules say, or nobody (404).",
    removed: "{{name}} is removed",
  },
  de: {
    new: "Neue Nummer",
    newRange: "Neuer Bereich",
    number: "Nummer",
    numberHelp: "Wie die Welt sie wählt, etwa +4930123456, oder eine kurze eigene.",
    user: "Klingelt bei Benutzer",
    group: "Klingelt bei Gruppe",
    description: "Beschreibung",
    name: "Name",
    first: "Erste Nummer",
    last: "Letzte Nummer",
    lastHelp: "Mit ebenso vielen Ziffern wie die erste.",
    digits: "Die letzten Ziffern sind der Name des Benutzers: wie viele",
    digitsHelp:
      "4 von +497111234321: Es klingelt bei Benutzer 4321. Geben Sie Benutzer, Gruppe oder dies an; nichts davon: Regeln entscheiden.",
    make: "Anlegen",
    remove: "Entfernen",
    removeTitle: "{{name}} entfernen?",
    callers: "Wer sie wählt, findet, was Regeln sagen, oder niemanden (404).",
    removed: "{{name}} ist entfernt",
  },
});

/** The page of one number or range, and of a new one: by its path. */
export default function NumberPage() {
  const t = useText();
  const { pathname } = useLocation();
  const { number, name } = useParams({ strict: false }) as { number?: string; name?: string };
  const { may } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const isRange = pathname.includes("range");
  const key = number ?? name;
  const kind = isRange ? "ranges" : "numbers";
  const keyName = isRange ? "name" : "number";
  const path = `/v1/${kind}/${encodeURIComponent(key ?? "")}`;
  const readOnly = !may("operator");
  const load = () => ask<Record<string, unknown>>("GET", path);
  const query = useQuery({ queryKey: [kind, key], enabled: key !== undefined, queryFn: load });
  const fields: Record<string, FieldLook> = isRange
    ? {
        first: { label: t("first") },
        last: { label: t("last"), help: t("lastHelp") },
        user: { label: t("user") },
        group: { label: t("group") },
        extension_digits: { label: t("digits"), help: t("digitsHelp") },
        description: { label: t("description") },
      }
    : { user: { label: t("user") }, description: { label: t("description") } };
  const done = () => queries.invalidateQueries({ queryKey: [kind] });
  if (key === undefined)
    return (
      <>
        <PageHeader title={t(isRange ? "newRange" : "new")} />
        <Section>
          <EntityForm
            path={`/v1/${kind}`}
            method="post"
            fields={{
              [keyName]: isRange ? { label: t("name") } : { label: t("number"), help: t("numberHelp") },
              ...fields,
            }}
            submit={t("make")}
            save={(body) => ask("POST", `/v1/${kind}`, { body })}
            saved={() => void done().then(() => navigate({ to: "/numbers" }))}
          />
        </Section>
      </>
    );
  if (isGone(query)) return <Gone name={key} to="/numbers" />;
  return (
    <>
      <PageHeader
        title={key}
        actions={
          !readOnly && (
            <RemoveButton
              path={path}
              kind={kind}
              to="/numbers"
              question={{
                title: t("removeTitle", { name: key }),
                callers: t("callers"),
                action: t("remove"),
              }}
              done={t("removed", { name: key })}
            />
          )
        }
      />
      <Section>
        <Asked query={query}>
          {({ data, etag }) => (
            <EntityForm
              path={`/v1/${kind}/{${keyName}}`}
              method="put"
              fields={fields}
              initial={data}
              etag={etag}
              readOnly={readOnly}
              reload={load}
              save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
              saved={() => void done()}
            />
          )}
        </Asked>
      </Section>
    </>
  );
}
