import { Anchor, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { sitePath } from "../sites/sites.tsx";
import classes from "./begin.module.css";
import { StepFrame, useSending, type Ways } from "./frame.tsx";
import { countryChoices, countryOf, placeOf } from "./guess.ts";
import { faultsOf, make, useTyped } from "./keep.ts";
import { type Made, useMadeMore } from "./progress.ts";

const useText = defineStrings("begin-site", {
  en: {
    title: "Where are you?",
    lead: "What a number means depends on the place: its country, its area code, its clock. With it, emergency calls are known for what they are.",
    name: "Name of the place",
    nameHelp: "One word in small letters, such as stuttgart.",
    country: "Country",
    area: "Area code",
    areaHelp: "Without the zero before it: 711, not 0711. Empty: local numbers are dialled with it.",
    zone: "Time zone",
    location: "Where emergency services must go to",
    locationHelp: "Street, house, floor. Emergency calls tell it where the carrier passes it on.",
    there: "There is a place already. Others can be added among the sites.",
    sites: "Sites",
  },
  de: {
    title: "Wo sind Sie?",
    lead: "Was eine Nummer bedeutet, hängt vom Ort ab: von Land, Vorwahl und Uhr. Mit ihm werden Notrufe als solche erkannt.",
    name: "Name des Ortes",
    nameHelp: "Ein Wort in kleinen Buchstaben, etwa stuttgart.",
    country: "Land",
    area: "Vorwahl",
    areaHelp: "Ohne die Null davor: 711, nicht 0711. Leer: Ortsnummern werden mit Vorwahl gewählt.",
    zone: "Zeitzone",
    location: "Wohin Rettungsdienste fahren müssen",
    locationHelp: "Straße, Hausnummer, Stockwerk. Notrufe nennen es, wo der Carrier es weitergibt.",
    there: "Einen Ort gibt es schon. Weitere kommen bei den Standorten dazu.",
    sites: "Standorte",
  },
});

const fields = ["name", "country", "area_code", "time_zone", "location"] as const;
type Values = Record<(typeof fields)[number], string>;

/** Of the browser: good where whoever sits before it is at the place. */
function guess(): Values {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  const country = countryOf(timeZone, navigator.languages) ?? "";
  return { name: placeOf(timeZone), country, area_code: "", time_zone: timeZone, location: "" };
}

const zones = [...new Set(["UTC", guess().time_zone, ...Intl.supportedValuesOf("timeZone")])].toSorted();

export function SiteStep({ made, ways }: { made: Made; ways: Ways }) {
  const t = useText();
  if (made.sites.length === 0) return <NewSite ways={ways} />;
  return (
    <StepFrame title={t("title")} lead={t("there")} ways={ways}>
      <ul className={classes.made}>
        {made.sites.map(({ name, country, area_code, time_zone }) => (
          <li key={name}>
            <Anchor component={Link} to={sitePath(name)}>
              {name}
            </Anchor>
            <span className={classes.grow}>
              {[country, area_code, time_zone].filter((part) => part !== undefined).join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </StepFrame>
  );
}

function NewSite({ ways }: { ways: Ways }) {
  const t = useText();
  const language = useLanguage();
  const madeMore = useMadeMore();
  const [typed, keep] = useTyped("site", guess());
  const form = useForm<Values>({ initialValues: typed, onValuesChange: keep });
  const send = async () => {
    const given = Object.fromEntries(
      Object.entries(form.values)
        .map(([key, value]) => [key, value.trim()])
        .filter(([, value]) => value !== ""),
    );
    await make("/v1/sites", { ...given, default: true, language });
    keep(undefined);
    await madeMore();
    ways.next();
  };
  const sending = useSending(form, send, (error) => {
    const { at, rest } = faultsOf(error, fields);
    form.setErrors(at);
    return rest;
  });
  return (
    <StepFrame title={t("title")} lead={t("lead")} ways={ways} {...sending}>
      <TextInput
        label={t("name")}
        description={t("nameHelp")}
        autoComplete="off"
        required
        {...form.getInputProps("name")}
      />
      <Select
        openOnFocus={false}
        label={t("country")}
        data={countryChoices(language)}
        searchable
        allowDeselect={false}
        required
        {...form.getInputProps("country")}
      />
      <TextInput
        label={t("area")}
        description={t("areaHelp")}
        autoComplete="off"
        inputMode="numeric"
        {...form.getInputProps("area_code")}
      />
      <Select
        openOnFocus={false}
        label={t("zone")}
        data={zones}
        searchable
        allowDeselect={false}
        required
        {...form.getInputProps("time_zone")}
      />
      <TextInput
        label={t("location")}
        description={t("locationHelp")}
        autoComplete="street-address"
        {...form.getInputProps("location")}
      />
    </StepFrame>
  );
}
