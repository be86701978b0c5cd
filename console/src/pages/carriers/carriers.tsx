import { Alert, Button, Space } from "@mantine/core";
import { IconAlertTriangle, IconBuildingBroadcastTower, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useCluster } from "../../api/cluster.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { Light } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { PriceLookup } from "./price-lookup.tsx";
import { alarmsIn, carrierStates } from "./states.ts";

const useText = defineStrings("carriers", {
  en: {
    title: "Carriers",
    lead: "Who takes calls to the outside world, at what price, and how much may be called.",
    add: "New carrier",
    name: "Carrier",
    address: "Address",
    state: "State",
    limits: "Calls at a time",
    registered: "registered",
    unregistered: "not registered",
    unreachable: "does not answer",
    well: "in use",
    off: "off",
    unlimited: "no limit",
    empty: "No carriers yet",
    emptyWhat:
      "A carrier is an address, perhaps a login, and how it wants numbers. Rules lead calls there, or to whoever is the cheapest.",
    guards: "Fraud guards",
    guardsLead: "How much may be called outside in a day, before calls are stopped and somebody is told.",
    addGuard: "New guard",
    guard: "Guard",
    counts: "Counts",
    most: "At most",
    action: "Then",
    stop: "stops calls",
    alarm: "tells only",
    perUser: "each user",
    perAll: "all together",
    calls_one: "{{count}} call at a time",
    calls_other: "{{count}} calls at a time",
    day: "{{count}} calls a day",
    minutes: "{{count}} min a day",
    cost: "{{cost}} a day",
    noGuards: "No guards yet: nothing stops a stolen password from calling abroad all night.",
    alarmed: "Too much is called",
    everybody: "all together",
  },
  de: {
    title: "Carrier",
    lead: "Wer Anrufe in die Welt annimmt, zu welchem Preis, und wie viel telefoniert werden darf.",
    add: "Neuer Carrier",
    name: "Carrier",
    address: "Adresse",
    state: "Zustand",
    limits: "Gespräche zugleich",
    registered: "registriert",
    unregistered: "nicht registriert",
    unreachable: "antwortet nicht",
    well: "in Gebrauch",
    off: "aus",
    unlimited: "unbegrenzt",
    empty: "Noch keine Carrier",
    emptyWhat:
      "Ein Carrier ist eine Adresse, vielleicht eine Anmeldung, und wie er Nummern will. Regeln führen Anrufe dorthin, oder zum jeweils billigsten.",
    guards: "Betrugswächter",
    guardsLead:
      "Wie viel an einem Tag nach draußen telefoniert werden darf, bevor Anrufe gestoppt werden und jemand es erfährt.",
    addGuard: "Neuer Wächter",
    guard: "Wächter",
    counts: "Zählt",
    most: "Höchstens",
    action: "Dann",
    stop: "stoppt Anrufe",
    alarm: "meldet nur",
    perUser: "jeder Benutzer",
    perAll: "alle zusammen",
    calls_one: "{{count}} Gespräch zugleich",
    calls_other: "{{count}} Gespräche zugleich",
    day: "{{count}} Anrufe am Tag",
    minutes: "{{count}} min am Tag",
    cost: "{{cost}} am Tag",
    noGuards:
      "Noch keine Wächter: Nichts hindert ein gestohlenes Passwort daran, die ganze Nacht ins Ausland zu telefonieren.",
    alarmed: "Es wird zu viel telefoniert",
    everybody: "alle zusammen",
  },
});

export const carrierPath = (name: string): string => `/carriers/${encodeURIComponent(name)}`;
export const guardPath = (name: string): string => `/guards/${encodeURIComponent(name)}`;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { carriers, next } = await answer(
    api.GET("/v1/carriers", { params: { query: { after, limit } }, signal }),
  );
  return { rows: carriers, next };
};
type Carrier = Awaited<ReturnType<typeof load>>["rows"][number];

const loadGuards = async (after: string, limit: number, signal: AbortSignal) => {
  const { guards, next } = await answer(
    api.GET("/v1/guards", { params: { query: { after, limit } }, signal }),
  );
  return { rows: guards, next };
};
type Guard = Awaited<ReturnType<typeof loadGuards>>["rows"][number];

export default function Carriers() {
  const t = useText();
  const { may } = useSession();
  const cluster = useCluster();
  const states = carrierStates(cluster.data);
  const alarms = alarmsIn(cluster.data);
  const link = (to: string, label: string, main = false) =>
    may("operator") && (
      <Button
        component={Link}
        to={to}
        {...(!main && { variant: "default" })}
        leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />}
      >
        {label}
      </Button>
    );
  const stateOf = ({ name, enabled }: Carrier) => {
    if (!enabled) return <Light state="idle">{t("off")}</Light>;
    const { light, word } = states.get(name) ?? ({ light: "good", word: "well" } as const);
    return <Light state={light}>{t(word)}</Light>;
  };
  const most = ({ calls, calls_per_day, minutes_per_day, cost_per_day }: Guard) =>
    [
      calls === undefined ? "" : t("calls", { count: calls }),
      calls_per_day === undefined ? "" : t("day", { count: calls_per_day }),
      minutes_per_day === undefined ? "" : t("minutes", { count: minutes_per_day }),
      cost_per_day === undefined ? "" : t("cost", { cost: cost_per_day }),
    ]
      .filter((text) => text !== "")
      .join(", ");
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={link("/new-carrier", t("add"), true)} />
      {alarms.length > 0 && (
        <Alert
          mb="lg"
          color="red"
          variant="light"
          role="alert"
          icon={<IconAlertTriangle size={18} />}
          title={t("alarmed")}
        >
          {alarms.map(({ guard, subject, why }) => (
            <div key={`${guard} ${subject}`}>
              {guard}: {subject === "" ? t("everybody") : subject}, {why}
            </div>
          ))}
        </Alert>
      )}
      <EntityList<Carrier>
        name="carriers"
        label={t("title")}
        load={load}
        rowKey={({ name }) => name}
        to={({ name }) => carrierPath(name)}
        height="min(50dvh, 480px)"
        columns={[
          { id: "name", label: t("name"), cell: ({ name }) => <Link to={carrierPath(name)}>{name}</Link> },
          {
            id: "address",
            label: t("address"),
            cell: ({ addresses }) =>
              addresses.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)).join(", "),
            wide: true,
          },
          {
            id: "limits",
            label: t("limits"),
            cell: ({ limits }) => limits?.calls ?? t("unlimited"),
            width: "140px",
            numeric: true,
            wide: true,
          },
          { id: "state", label: t("state"), cell: stateOf, width: "170px" },
        ]}
        empty={
          <Section>
            <Empty
              icon={IconBuildingBroadcastTower}
              title={t("empty")}
              action={link("/new-carrier", t("add"), true)}
            >
              {t("emptyWhat")}
            </Empty>
          </Section>
        }
      />
      <Space h={20} />
      <PriceLookup />
      <Section title={t("guards")} lead={t("guardsLead")} actions={link("/new-guard", t("addGuard"))}>
        <EntityList<Guard>
          name="guards"
          label={t("guards")}
          load={loadGuards}
          rowKey={({ name }) => name}
          to={({ name }) => guardPath(name)}
          search={false}
          height="360px"
          columns={[
            { id: "guard", label: t("guard"), cell: ({ name }) => <Link to={guardPath(name)}>{name}</Link> },
            {
              id: "counts",
              label: t("counts"),
              cell: ({ per }) => t(per === "all" ? "perAll" : "perUser"),
              wide: true,
            },
            { id: "most", label: t("most"), cell: most, width: "minmax(0, 1.6fr)" },
            {
              id: "action",
              label: t("action"),
              cell: ({ action, enabled }) => (enabled ? t(action) : t("off")),
              width: "130px",
              wide: true,
            },
          ]}
          empty={<p>{t("noGuards")}</p>}
        />
      </Section>
    </>
  );
}
