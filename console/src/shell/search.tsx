import { useDebouncedValue } from "@mantine/hooks";
import {
  createSpotlight,
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import { IconHash, IconPhoneCall, IconSearch, IconUser } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../api/client.ts";
import { mayAs, useSession } from "../api/session.tsx";
import { pages } from "../pages.ts";
import { defineStrings, useLanguage } from "./i18n.ts";

const useText = defineStrings("search", {
  en: {
    placeholder: "A page, a number, a name, a call",
    nothing: "Nothing found",
    pages: "Pages",
    numbers: "Numbers",
    users: "Users",
    calls: "Calls",
    call: "{{from}} to {{to}}",
  },
  de: {
    placeholder: "Eine Seite, eine Nummer, ein Name, ein Gespräch",
    nothing: "Nichts gefunden",
    pages: "Seiten",
    numbers: "Nummern",
    users: "Benutzer",
    calls: "Gespräche",
    call: "{{from}} an {{to}}",
  },
});

const [store, spotlight] = createSpotlight();
export const openSearch = (): void => spotlight.open();

/** The key that comes just before all that begin with `text`: lists give what is behind it. Pure. */
export const justBefore = (text: string): string =>
  text === "" ? "" : `${text.slice(0, -1)}${String.fromCharCode(text.charCodeAt(text.length - 1) - 1)}~`;

/** Numbers, users and calls that begin with `text`. */
async function find(text: string) {
  const query = { after: justBefore(text), limit: 8 };
  const begins = (name: string) => name.toLowerCase().startsWith(text.toLowerCase());
  const [numbers, users, records] = await Promise.all([
    answer(api.GET("/v1/numbers", { params: { query } })),
    answer(api.GET("/v1/users", { params: { query } })),
    /^[+\d*#]{3,}$/.test(text)
      ? answer(api.GET("/v1/records", { params: { query: { number: text, limit: 5 } } }))
      : { records: [] },
  ]);
  return {
    numbers: numbers.numbers.filter(({ number }) => begins(number)),
    users: users.users.filter(({ name }) => begins(name)),
    records: records.records,
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
  const exists = (path: string) => pages.some((page) => page.path === path);
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
      actions: (data?.numbers ?? []).map(({ number, user }) => ({
        id: `number-${number}`,
        label: number,
        ...(user && { description: user }),
        leftSection: <IconHash size={18} stroke={1.6} aria-hidden />,
        onClick: go(exists("numbers/$number") ? `/numbers/${encodeURIComponent(number)}` : "/numbers"),
      })),
    },
    {
      group: t("users"),
      actions: (data?.users ?? []).map(({ name }) => ({
        id: `user-${name}`,
        label: name,
        leftSection: <IconUser size={18} stroke={1.6} aria-hidden />,
        onClick: go(exists("users/$name") ? `/users/${encodeURIComponent(name)}` : "/users"),
      })),
    },
    {
      group: t("calls"),
      actions: (data?.records ?? []).map((record) => ({
        id: `call-${record.id}`,
        label: t("call", { from: record.from, to: record.number }),
        description: new Date(record.started_at).toLocaleString(),
        leftSection: <IconPhoneCall size={18} stroke={1.6} aria-hidden />,
        onClick: go(exists("records/$id") ? `/records/${record.id}` : "/records"),
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
