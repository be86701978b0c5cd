import { Button, Space } from "@mantine/core";
import { IconHash, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("numbers", {
  en: {
    title: "Numbers",
    lead: "Which user rings when a number is dialled. Whole blocks of numbers are ranges; all else is a matter of rules.",
    add: "New number",
    addRange: "New range",
    number: "Number",
    user: "Rings",
    description: "Description",
    ranges: "Ranges",
    rangesLead: "Blocks of numbers that belong to somebody together.",
    name: "Range",
    block: "From – to",
    whose: "Rings",
    last: "user by the last {{count}} digits",
    rules: "rules decide",
    empty: "No numbers yet",
    emptyWhat:
      "Users are called by their names. A number such as +49 30 123456 rings at one of them once it is assigned; where there are hundreds in a row, a range does it with one entry.",
    noRanges: "No ranges yet.",
  },
  de: {
    title: "Nummern",
    lead: "Welcher Benutzer klingelt, wenn eine Nummer gewählt wird. Ganze Blöcke sind Bereiche; alles andere ist Sache der Regeln.",
    add: "Neue Nummer",
    addRange: "Neuer Bereich",
    number: "Nummer",
    user: "Klingelt bei",
    description: "Beschreibung",
    ranges: "Bereiche",
    rangesLead: "Blöcke von Nummern, die zusammen jemandem gehören.",
    name: "Bereich",
    block: "Von – bis",
    whose: "Klingelt bei",
    last: "Benutzer nach den letzten {{count}} Ziffern",
    rules: "Regeln entscheiden",
    empty: "Noch keine Nummern",
    emptyWhat:
      "Benutzer werden bei ihrem Namen gerufen. Eine Nummer wie +49 30 123456 klingelt bei einem von ihnen, sobald sie zugewiesen ist; für Hunderte nacheinander genügt ein Bereich.",
    noRanges: "Noch keine Bereiche.",
  },
});

export const numberPath = (number: string): string => `/numbers/${encodeURIComponent(number)}`;
export const rangePath = (name: string): string => `/ranges/${encodeURIComponent(name)}`;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { numbers, next } = await answer(
    api.GET("/v1/numbers", { params: { query: { after, limit } }, signal }),
  );
  return { rows: numbers, next };
};
type PhoneNumber = Awaited<ReturnType<typeof load>>["rows"][number];

const loadRanges = async (after: string, limit: number, signal: AbortSignal) => {
  const { ranges, next } = await answer(
    api.GET("/v1/ranges", { params: { query: { after, limit } }, signal }),
  );
  return { rows: ranges, next };
};
type Range = Awaited<ReturnType<typeof loadRanges>>["rows"][number];

export default function Numbers() {
  const t = useText();
  const { may } = useSession();
  const link = (to: string, label: string, main: boolean) =>
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
  const whose = ({ user, group, extension_digits: digits }: Range) =>
    user ?? group ?? (digits === undefined ? t("rules") : t("last", { count: digits }));
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={link("/new-number", t("add"), true)} />
      <EntityList<PhoneNumber>
        name="numbers"
        label={t("title")}
        load={load}
        rowKey={({ number }) => number}
        to={({ number }) => numberPath(number)}
        height="min(60dvh, 620px)"
        columns={[
          {
            id: "number",
            label: t("number"),
            cell: ({ number }) => (
              <Link className="num" to={numberPath(number)}>
                {number}
              </Link>
            ),
          },
          { id: "user", label: t("user"), cell: ({ user }) => user },
          { id: "description", label: t("description"), cell: ({ description }) => description, wide: true },
        ]}
        empty={
          <Section>
            <Empty icon={IconHash} title={t("empty")} action={link("/new-number", t("add"), true)}>
              {t("emptyWhat")}
            </Empty>
          </Section>
        }
      />
      <Space h={20} />
      <Section title={t("ranges")} lead={t("rangesLead")} actions={link("/new-range", t("addRange"), false)}>
        <EntityList<Range>
          name="ranges"
          label={t("ranges")}
          load={loadRanges}
          rowKey={({ name }) => name}
          to={({ name }) => rangePath(name)}
          search={false}
          height="360px"
          columns={[
            { id: "name", label: t("name"), cell: ({ name }) => <Link to={rangePath(name)}>{name}</Link> },
            {
              id: "block",
              label: t("block"),
              cell: ({ first, last }) => (
                <span className="num">
                  {first} – {last}
                </span>
              ),
              width: "minmax(0, 1.6fr)",
            },
            { id: "whose", label: t("whose"), cell: whose, wide: true },
          ]}
          empty={<p>{t("noRanges")}</p>}
        />
      </Section>
    </>
  );
}
