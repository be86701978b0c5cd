import { Button } from "@mantine/core";
import { IconBuilding, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("sites", {
  en: {
    title: "Sites",
    lead: "Places: what is dialled there, which time it is, and where emergency services must go to.",
    add: "New site",
    name: "Name",
    place: "Country and area",
    zone: "Time zone",
    location: "Location",
    usual: "default",
    empty: "No sites yet",
    emptyWhat:
      "A site says what numbers mean at a place: its country and area code, what is dialled before a number outside. With it, emergency calls are known for what they are.",
  },
  de: {
    title: "Standorte",
    lead: "Orte: was dort gewählt wird, welche Zeit gilt, und wohin Rettungsdienste fahren müssen.",
    add: "Neuer Standort",
    name: "Name",
    place: "Land und Vorwahl",
    zone: "Zeitzone",
    location: "Ort",
    usual: "üblich",
    empty: "Noch keine Standorte",
    emptyWhat:
      "Ein Standort sagt, was Nummern an einem Ort bedeuten: Land und Vorwahl, und was man vor einer Nummer nach draußen wählt. Mit ihm werden Notrufe als solche erkannt.",
  },
});

export const sitePath = (name: string): string => `/sites/${encodeURIComponent(name)}`;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { sites, next } = await answer(api.GET("/v1/sites", { params: { query: { after, limit } }, signal }));
  return { rows: sites, next };
};

export default function Sites() {
  const t = useText();
  const { may } = useSession();
  const add = may("operator") && (
    <Button component={Link} to="/new-site" leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList
          name="sites"
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          to={({ name }) => sitePath(name)}
          columns={[
            {
              id: "name",
              label: t("name"),
              cell: (site) => (
                <>
                  <Link to={sitePath(site.name)}>{site.name}</Link>{" "}
                  {site.default && <LightBadge state="idle">{t("usual")}</LightBadge>}
                </>
              ),
            },
            {
              id: "place",
              label: t("place"),
              cell: ({ country, area_code }) => [country, area_code].filter(Boolean).join(" "),
              width: "minmax(110px, 0.6fr)",
            },
            { id: "zone", label: t("zone"), cell: ({ time_zone }) => time_zone, wide: true },
            { id: "location", label: t("location"), cell: ({ location }) => location ?? "", wide: true },
          ]}
          empty={
            <Empty icon={IconBuilding} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
