import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type FieldLook } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { sitePath } from "./sites.tsx";

const useText = defineStrings("site", {
  en: {
    new: "New site",
    newLead: "Numbers mean something at a place.",
    name: "Name",
    nameHelp: "Such as stuttgart. It can not be changed later.",
    description: "Description",
    usual: "Default site",
    usualHelp: "For calls of nobody and nothing that belongs to a site; a single site is it anyway.",
    country: "Country",
    countryHelp: "Two capital letters, such as DE.",
    area: "Area code",
    areaHelp: "Without the zero before it: 711, not 0711. Local numbers get it.",
    outside: "Dialled for outside",
    outsideHelp: "Such as 0. Empty: whatever is no extension is outside.",
    extension: "Digits of extensions",
    extensionHelp:
      "Only where nothing is dialled for outside: numbers of at most so many digits are extensions.",
    zone: "Time zone",
    zoneHelp: "Of the IANA list, such as Europe/Berlin.",
    language: "Language",
    location: "Where emergency services must go to",
    locationHelp: "Street, house, floor.",
    locationUri: "Address of the location as a document",
    locationUriHelp: "Emergency calls name it (RFC 6442).",
    emergency: "Further emergency numbers",
    emergencyHelp: "Beside those of the country.",
    networks: "Networks",
    networksHelp: "Calls from there belong to this site, where the caller's user names none: 192.0.2.0/24.",
    make: "Make site",
    remove: "Delete",
    removeTitle: "Delete site {{name}}?",
    removeCallers:
      "Calls of users there are understood as at the default site; without one, emergency calls are numbers like any other.",
    removed: "{{name}} is deleted",
  },
  de: {
    new: "Neuer Standort",
    newLead: "Nummern bedeuten etwas an einem Ort.",
    name: "Name",
    nameHelp: "Etwa stuttgart. Er lässt sich später nicht ändern.",
    description: "Beschreibung",
    usual: "Üblicher Standort",
    usualHelp: "Für Anrufe, die zu keinem Standort gehören; ein einziger ist es ohnehin.",
    country: "Land",
    countryHelp: "Zwei Großbuchstaben, etwa DE.",
    area: "Vorwahl",
    areaHelp: "Ohne die Null davor: 711, nicht 0711. Ortsnummern bekommen sie.",
    outside: "Wahl nach draußen",
    outsideHelp: "Etwa 0. Leer: Was keine Nebenstelle ist, ist draußen.",
    extension: "Stellen von Nebenstellen",
    extensionHelp: "Nur ohne Ziffer nach draußen: Nummern mit höchstens so vielen Stellen sind Nebenstellen.",
    zone: "Zeitzone",
    zoneHelp: "Aus der IANA-Liste, etwa Europe/Berlin.",
    language: "Sprache",
    location: "Wohin Rettungsdienste fahren müssen",
    locationHelp: "Straße, Hausnummer, Stockwerk.",
    locationUri: "Adresse des Ortes als Dokument",
    locationUriHelp: "Notrufe nennen sie (RFC 6442).",
    emergency: "Weitere Notrufnummern",
    emergencyHelp: "Neben denen des Landes.",
    networks: "Netze",
    networksHelp: "Anrufe von dort gehören zu diesem Standort, wenn der Benutzer keinen nennt: 192.0.2.0/24.",
    make: "Standort anlegen",
    remove: "Löschen",
    removeTitle: "Standort {{name}} löschen?",
    removeCallers:
      "Anrufe von dort gelten wie am üblichen Standort; gibt es keinen, sind Notrufe Nummern wie andere.",
    removed: "{{name}} ist gelöscht",
  },
});

/** Of the browser's list, which is IANA's. */
const zones = Intl.supportedValuesOf("timeZone").map((value) => ({ value, label: value }));

function useFields(): Record<string, FieldLook> {
  const t = useText();
  return {
    description: { label: t("description") },
    country: { label: t("country"), help: t("countryHelp"), placeholder: "DE" },
    area_code: { label: t("area"), help: t("areaHelp") },
    outside_prefix: { label: t("outside"), help: t("outsideHelp") },
    extension_length: { label: t("extension"), help: t("extensionHelp") },
    time_zone: { label: t("zone"), help: t("zoneHelp"), kind: "choice", choices: zones },
    language: { label: t("language"), placeholder: "de" },
    location: { label: t("location"), help: t("locationHelp") },
    location_uri: { label: t("locationUri"), help: t("locationUriHelp") },
    emergency: { label: t("emergency"), help: t("emergencyHelp") },
    networks: { label: t("networks"), help: t("networksHelp") },
    default: { label: t("usual"), help: t("usualHelp") },
  };
}

export default function SitePage() {
  const t = useText();
  const { name = "" } = useParams({ strict: false });
  const { may } = useSession();
  const fields = useFields();
  const queries = useQueryClient();
  const path = `/v1/sites/${encodeURIComponent(name)}`;
  const load = () => answered(api.GET("/v1/sites/{name}", { params: { path: { name } } }));
  const query = useQuery({ queryKey: ["sites", name], queryFn: load });
  const question = {
    title: t("removeTitle", { name }),
    callers: t("removeCallers"),
    action: t("remove"),
  };
  if (isGone(query)) return <Gone name={name} to="/sites" />;
  return (
    <>
      <PageHeader
        title={name}
        actions={
          may("operator") && (
            <RemoveButton path={path} kind="sites" question={question} done={t("removed", { name })} />
          )
        }
      />
      <Section>
        <Asked query={query}>
          {({ data, etag }) => (
            <EntityForm
              path="/v1/sites/{name}"
              method="put"
              fields={fields}
              initial={data}
              etag={etag}
              readOnly={!may("operator")}
              reload={load}
              save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
              saved={() => void queries.invalidateQueries({ queryKey: ["sites"] })}
            />
          )}
        </Asked>
      </Section>
    </>
  );
}

export function NewSite() {
  const t = useText();
  const fields = useFields();
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title={t("new")} lead={t("newLead")} />
      <Section>
        <EntityForm
          path="/v1/sites"
          method="post"
          fields={{ name: { label: t("name"), help: t("nameHelp") }, ...fields }}
          submit={t("make")}
          save={(body) => ask("POST", "/v1/sites", { body })}
          saved={({ name }) => {
            void queries.invalidateQueries({ queryKey: ["sites"] });
            void navigate({ to: sitePath(String(name)) });
          }}
        />
      </Section>
    </>
  );
}
