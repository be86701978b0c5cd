import { useDebouncedValue } from "@mantine/hooks";
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import { IconHash, IconPhoneCall, IconSearch, IconTag, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../api/client.ts";
import { ApiProblem } from "../api/problem.ts";
import { mayAs, useSession } from "../api/session.tsx";
import { isNumber, numberFrom } from "../kit/numbers.ts";
import { pages } from "../pages.ts";
import { defineStrings, localeOf, useLanguage } from "./i18n.ts";
import { queries } from "./queries.ts";

const useText = defineStrings("search", {
  en: {
    placeholder: "A page, a number, a name, a call",
    nothing: "Nothing found",
    pages: "Pages",
    numbers: "Numbers",
    users: "Users",
    calls: "Calls",
    call: "{{from}} to {{to}}",
    block: "in the block {{first}} – {{last}}",
    things: "Groups, carriers, sites",
    groups: "ring group",
    carriers: "carrier",
    sites: "site",
  },
  de: {
    placeholder: "Eine Seite, eine Nummer, ein Name, ein Gespräch",
    nothing: "Nichts gefunden",
    pages: "Seiten",
    numbers: "Nummern",
    users: "Benutzer",
    calls: "Gespräche",
    call: "{{from}} an {{to}}",
    block: "im Block {{first}} – {{last}}",
    things: "Gruppen, Carrier, Standorte",
    groups: "Rufgruppe",
    carriers: "Carrier",
    sites: "Standort",
  },
});

/** A number within a block: with as many digits as its ends. Pure. */
const inBlock = (number: string, first: string, last: string): boolean =>
  number.length === first.length && number >= first && number <= last;

/** `sip:ada@example.org` → `ada`. Pure. */
const shortOf = (address: string): string => address.replace(/^sips?:/, "").replace(/@.*$/, "") || address;

/** Which calls a text may mean: those of a number, or one by its Call-ID. Pure. */
function callQuery(text: string): { number: string } | { call_id: string } | undefined {
  if (isNumber(text)) return { number: numberFrom(text) };
  return text.length >= 8 && !/\s/.test(text) ? { call_id: text } : undefined;
}

const [store, spotlight] = createSpotlight();
export const openSearch = (): void => spotlight.open();

/** Asks where it may lead to something. */
async function some<T>(sensible: boolean, question: () => Promise<T>): Promise<T | undefined> {
  if (!sensible) return undefined;
  return question().catch((error: unknown) => {
    if (error instanceof ApiProblem) return undefined;
    throw error;
  });
}

/** The key that comes just before all that begin with `text`: lists give what is behind it. Pure. */
export const justBefore = (text: string): string =>
  text === "" ? "" : `${text.slice(0, -1)}${String.fromCharCode(text.charCodeAt(text.length - 1) - 1)}~`;

/** All blocks, once for all that is typed: in which a number lies can not be asked. */
const blocks = () =>
  queries.fetchQuery({
    queryKey: ["ranges", "search"],
    queryFn: () => answer(api.GET("/v1/ranges", { params: { query: { limit: 1000 } } })),
    staleTime: 30_000,
    retry: false,
  });

/** What is found, by kind; what can not be asked just now is left out: the rest is still worth something. */
async function find(text: string) {
  const query = { after: justBefore(text), limit: 8 };
  const begins = (name: string) => name.toLowerCase().startsWith(text.toLowerCase());
  const number = numberFrom(text);
  const ofNumber = isNumber(text);
  const [numbers, ranges, users, shown, records, groups, carriers, sites] = await Promise.all([
    some(ofNumber, () =>
      answer(api.GET("/v1/numbers", { params: { query: { after: justBefore(number), limit: 8 } } })),
    ),
    some(ofNumber, blocks),
    some(true, () => answer(api.GET("/v1/users", { params: { query } }))),
    // Also by what is displayed, and in the middle of it.
    some(true, () => answer(api.GET("/v1/registrations", { params: { query: { search: text, limit: 8 } } }))),
    some(callQuery(text) !== undefined, () =>
      answer(api.GET("/v1/records", { params: { query: { ...callQuery(text), limit: 6 } } })),
    ),
    some(true, () => answer(api.GET("/v1/groups", { params: { query } }))),
    some(true, () => answer(api.GET("/v1/carriers", { params: { query } }))),
    some(true, () => answer(api.GET("/v1/sites", { params: { query } }))),
  ]);
  return {
    numbers: (numbers?.numbers ?? []).filter((one) => one.number.startsWith(number)),
    ranges: (ranges?.ranges ?? []).filter(({ first, last }) => inBlock(number, first, last)),
    users: [
      ...(users?.users ?? []).filter(({ name }) => begins(name)),
      ...(shown?.users ?? [])
        .filter(({ user }) => !begins(user))
        .map(({ user, display }) => ({ name: user, display })),
    ],
    records: records?.records ?? [],
    named: [
      ...(groups?.groups ?? []).map(({ name }) => ({ name, at: "groups" }) as const),
      ...(carriers?.carriers ?? []).map(({ name }) => ({ name, at: "carriers" }) as const),
      ...(sites?.sites ?? []).map(({ name }) => ({ name, at: "sites" }) as const),
    ].filter(({ name }) => begins(name)),
  };
}

/** Search everywhere: Ctrl K. */
export function Search() {
  const t = useText();
  const language = useLanguage();
  const { person } = useSession();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 150);
  const mayLook = mayAs(person.role, "auditor");
  const { data } = useQuery({
    queryKey: ["search", asked],
    queryFn: () => find(asked),
    enabled: mayLook && asked.length > 0,
    staleTime: 10_000,
    retry: false,
  });
  const go = (to: string) => () => void navigate({ to });
  const words = text.trim().toLowerCase();
  const ofPages: SpotlightActionData[] = pages
    .filter(({ path, role }) => !path.includes("$") && mayAs(person.role, role))
    .filter(({ title, words: more }) =>
      [title.en, title.de, more?.en ?? "", more?.de ?? ""].join(" ").toLowerCase().includes(words),
    )
    .map((page) => ({
      id: `page-${page.path}`,
      label: page.title[language],
      leftSection: <page.icon size={18} stroke={1.6} aria-hidden />,
      onClick: go(`/${page.path}`),
    }));
  const found: SpotlightActionGroupData[] = [
    { group: t("pages"), actions: ofPages },
    {
      group: t("numbers"),
      actions: [
        ...(data?.numbers ?? []).map(({ number, user }) => ({
          id: `number-${number}`,
          label: number,
          description: user,
          leftSection: <IconHash size={18} stroke={1.6} aria-hidden />,
          onClick: go(`/numbers/${encodeURIComponent(number)}`),
        })),
        ...(data?.ranges ?? []).map(({ name, first, last }) => ({
          id: `range-${name}`,
          label: numberFrom(asked),
          description: t("block", { first, last }),
          leftSection: <IconHash size={18} stroke={1.6} aria-hidden />,
          onClick: go(`/ranges/${encodeURIComponent(name)}`),
        })),
      ],
    },
    {
      group: t("users"),
      actions: (data?.users ?? []).map(({ name, display }) => ({
        id: `user-${name}`,
        label: name,
        ...(display !== "" && { description: display }),
        leftSection: <IconUser size={18} stroke={1.6} aria-hidden />,
        onClick: go(`/users/${encodeURIComponent(name)}`),
      })),
    },
    {
      group: t("calls"),
      actions: (data?.records ?? []).map((record) => ({
        id: `call-${record.id}`,
        label: t("call", { from: shortOf(record.from), to: record.number }),
        description: new Date(record.started_at).toLocaleString(localeOf(language)),
        leftSection: <IconPhoneCall size={18} stroke={1.6} aria-hidden />,
        onClick: go(`/records/${record.id}`),
      })),
    },
    {
      group: t("things"),
      actions: (data?.named ?? []).map(({ name, at }) => ({
        id: `${at}-${name}`,
        label: name,
        description: t(at),
        leftSection: <IconTag size={18} stroke={1.6} aria-hidden />,
        onClick: go(`/${at}/${encodeURIComponent(name)}`),
      })),
    },
  ].filter(({ actions }) => actions.length > 0);
  return (
    <Spotlight
      store={store}
      actions={found}
      query={text}
      onQueryChange={setText}
      filter={(_query, actions) => actions}
      shortcut="mod + K"
      // Also while something is typed.
      tagsToIgnore={[]}
      nothingFound={t("nothing")}
      scrollable
      maxHeight={420}
      searchProps={{
        leftSection: <IconSearch size={18} stroke={1.6} aria-hidden />,
        placeholder: t("placeholder"),
        "aria-label": t("placeholder"),
      }}
    />
  );
}
