import { Button, Text } from "@mantine/core";
import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Empty } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { EntityList } from "../../kit/list.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment, useNow } from "../../kit/time.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";

const useText = defineStrings("tokens", {
  en: {
    title: "Tokens",
    lead: "With a token a program asks the API, as far as the token goes. People log in instead.",
    add: "New token",
    name: "Name",
    may: "May",
    ends: "Ends",
    used: "Last used",
    never: "never",
    from: "from {{address}}",
    over: "over",
    soon_one: "ends in {{count}} day",
    soon_other: "ends in {{count}} days",
    lastDay: "ends within a day",
    scope: "a part",
    host: "made on a host",
    by: "of {{owner}}",
    all: "the whole API",
    end: "End",
    endName: "End token {{name}}",
    endTitle: "End token {{name}}?",
    endWhat:
      "Whatever uses it is refused within a second, at all nodes. It can not be taken back; a new token of the same name has another text.",
    endUsed: "It was used last {{when}}, from {{address}}: that program stops working.",
    endUnused: "It was never used.",
    ended: "Token {{name}} has ended",
    empty: "No program has a token",
    emptyWhat:
      "A wallboard, a script or another system asks the API with a token of its own: with a role, the parts of the API that it needs, and an end. It is shown once, when it is made.",
  },
  de: {
    title: "Tokens",
    lead: "Mit einem Token fragt ein Programm die API, so weit das Token reicht. Personen melden sich stattdessen an.",
    add: "Neues Token",
    name: "Name",
    may: "Darf",
    ends: "Endet",
    used: "Zuletzt benutzt",
    never: "noch nie",
    from: "von {{address}}",
    over: "abgelaufen",
    soon_one: "endet in {{count}} Tag",
    soon_other: "endet in {{count}} Tagen",
    lastDay: "endet binnen eines Tages",
    scope: "ein Teil",
    host: "auf einem Host gemacht",
    by: "von {{owner}}",
    all: "die ganze API",
    end: "Beenden",
    endName: "Token {{name}} beenden",
    endTitle: "Token {{name}} beenden?",
    endWhat:
      "Was es benutzt, wird binnen einer Sekunde an allen Knoten abgewiesen. Das lässt sich nicht zurücknehmen; ein neues Token dieses Namens hat einen anderen Text.",
    endUsed: "Zuletzt benutzt {{when}}, von {{address}}: Dieses Programm funktioniert dann nicht mehr.",
    endUnused: "Es wurde nie benutzt.",
    ended: "Token {{name}} ist beendet",
    empty: "Kein Programm hat ein Token",
    emptyWhat:
      "Eine Anzeigetafel, ein Skript oder ein anderes System fragt die API mit einem eigenen Token: mit einer Rolle, den Teilen der API, die es braucht, und einem Ende. Es wird einmal gezeigt, wenn es gemacht wird.",
  },
});

type Token = paths["/v1/tokens/{name}"]["get"]["responses"][200]["content"]["application/json"];

const dayMs = 86_400_000;
/** So long before, alerts tell too (src/access/ending-tokens.ts). */
const soonMs = 14 * dayMs;

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { tokens, next } = await answer(
    api.GET("/v1/tokens", { params: { query: { after, limit } }, signal }),
  );
  return { rows: tokens, next };
};

/** The date, or in words when it is near. */
function TokenEnd({ token: { expires_at } }: { token: Token }) {
  const t = useText();
  const language = useLanguage();
  const left = Date.parse(expires_at) - useNow();
  if (left >= soonMs) return <Moment at={expires_at} as="date" />;
  const when = new Date(expires_at).toLocaleString(language);
  const state = left < dayMs ? "bad" : "warn";
  const words =
    left <= 0 ? t("over") : left < dayMs ? t("lastDay") : t("soon", { count: Math.floor(left / dayMs) });
  return (
    <span title={when}>
      <LightBadge state={state}>{words}</LightBadge>
    </span>
  );
}

/** What it is for, in words. */
function Range({ token: { role, scope, areas } }: { token: Token }) {
  const t = useText();
  const language = useLanguage();
  return (
    <>
      {roleNames[role][language]}
      {scope && ` (${t("scope")})`}{" "}
      <Text c="dimmed" inherit span>
        {areas?.join(", ") ?? t("all")}
      </Text>
    </>
  );
}

function EndButton({ token, ended }: { token: Token; ended: () => void }) {
  const t = useText();
  const confirm = useConfirm();
  const language = useLanguage();
  const { writable, person, may } = useSession();
  const { name, used_at, used_from } = token;
  if (token.owner !== person.name && (!may("administrator") || person.scope)) return null;
  const used =
    used_at === null
      ? t("endUnused")
      : t("endUsed", { when: new Date(used_at).toLocaleString(language), address: used_from });
  const end = async () => {
    const sure = await confirm({
      title: t("endTitle", { name }),
      what: `${t("endWhat")} ${used}`,
      callers: "",
      action: t("end"),
    });
    if (!sure) return;
    try {
      await ask("DELETE", `/v1/tokens/${encodeURIComponent(name)}`);
      tellDone(t("ended", { name }));
      ended();
    } catch (error) {
      tellFault(error);
    }
  };
  return (
    <Button
      size="compact-xs"
      variant="default"
      disabled={!writable}
      aria-label={t("endName", { name })}
      onClick={() => void end()}
    >
      {t("end")}
    </Button>
  );
}

export default function Tokens() {
  const t = useText();
  const [ended, setEnded] = useState(0);
  const add = (
    <Button component={Link} to="/new-token" leftSection={<IconPlus size={16} stroke={1.8} aria-hidden />}>
      {t("add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} actions={add} />
      <Section flush>
        <EntityList<Token>
          name={`tokens ${ended}`}
          label={t("title")}
          load={load}
          rowKey={({ name }) => name}
          columns={[
            {
              id: "name",
              label: t("name"),
              width: "minmax(0, 1.2fr)",
              cell: (token) => (
                <>
                  {token.name}{" "}
                  <Text c="dimmed" inherit span>
                    {token.owner === null ? t("host") : t("by", { owner: token.owner })}
                  </Text>
                </>
              ),
            },
            {
              id: "may",
              label: t("may"),
              width: "minmax(0, 1fr)",
              wide: true,
              cell: (token) => <Range token={token} />,
            },
            {
              id: "ends",
              label: t("ends"),
              width: "minmax(136px, 0.5fr)",
              numeric: true,
              cell: (token) => <TokenEnd token={token} />,
            },
            {
              id: "used",
              label: t("used"),
              width: "minmax(150px, 0.7fr)",
              numeric: true,
              wide: true,
              cell: ({ used_at, used_from }) =>
                used_at === null ? (
                  <Text c="dimmed" inherit span>
                    {t("never")}
                  </Text>
                ) : (
                  <span title={t("from", { address: used_from })}>
                    <Moment at={used_at} as="ago" />
                  </span>
                ),
            },
            {
              id: "end",
              label: t("end"),
              width: "90px",
              cell: (token) => <EndButton token={token} ended={() => setEnded((before) => before + 1)} />,
            },
          ]}
          empty={
            <Empty icon={IconPlugConnected} title={t("empty")} action={add}>
              {t("emptyWhat")}
            </Empty>
          }
        />
      </Section>
    </>
  );
}
