import { Alert, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
import { IconPencilOff, IconPencilPlus } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { messageOf } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { PageHeader } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { chooseDraft, useDraftName } from "./draft-name.ts";
import classes from "./routing.module.css";

const useText = defineStrings("routing-head", {
  en: {
    pages: "Pages of routing",
    rules: "Rules",
    draft: "Draft",
    try: "Try",
    replay: "Replay",
    versions: "Versions",
    scripts: "Scripts",
    looks: "Looking at",
    live: "What decides now",
    ofDraft: "Draft {{name}}",
    new: "New draft",
    newWhat: "A draft decides nothing until it is published. Several people may fill it.",
    name: "Name",
    why: "What it is for",
    make: "Make draft",
    gone: "Draft {{name}} is not there any more",
    goneWhat:
      "Somebody published or discarded it: the versions say which. What you typed on this page stays here: choose where it is to go.",
    toVersions: "Versions",
    toLive: "Look at what decides now",
  },
  de: {
    pages: "Seiten der Wegewahl",
    rules: "Regeln",
    draft: "Entwurf",
    try: "Ausprobieren",
    replay: "Nachspielen",
    versions: "Versionen",
    scripts: "Skripte",
    looks: "Zu sehen ist",
    live: "Was jetzt entscheidet",
    ofDraft: "Entwurf {{name}}",
    new: "Neuer Entwurf",
    newWhat: "Ein Entwurf entscheidet nichts, bis er veröffentlicht wird. Mehrere können an ihm arbeiten.",
    name: "Name",
    why: "Wozu er dient",
    make: "Entwurf anlegen",
    gone: "Den Entwurf {{name}} gibt es nicht mehr",
    goneWhat:
      "Jemand hat ihn veröffentlicht oder verworfen: Die Versionen sagen, welches von beiden. Was Sie auf dieser Seite eingetippt haben, bleibt hier: Wählen Sie, wohin es soll.",
    toVersions: "Versionen",
    toLive: "Ansehen, was jetzt entscheidet",
  },
});

export const useDrafts = () =>
  useQuery({
    queryKey: ["drafts"],
    queryFn: async () => (await answer(api.GET("/v1/drafts"))).drafts,
    refetchInterval: 10_000,
  });

/** The draft that is looked at, if it still exists, with what it changes. Others may work on it: asked for anew all the time. */
export function useDraft() {
  const name = useDraftName();
  const query = useQuery({
    queryKey: ["drafts", name],
    enabled: name !== undefined,
    queryFn: () => answer(api.GET("/v1/drafts/{name}", { params: { path: { name: name ?? "" } } })),
    refetchInterval: 5000,
    retry: false,
  });
  return { name, query };
}

/** Rules have pages beside that of their list. Pure. */
const isAt = (at: string, to: string): boolean =>
  at === to ||
  (to === "/routing" ? /^\/routing\/(rules\/|new$)/.test(at) : at.startsWith(`${to}/`)) ||
  (to === "/routing/scripts" && at === "/routing/new-script");

/** The head of each page of routing: where one is, and whether rules or a draft of them are looked at. */
export function RoutingHead({
  title,
  lead,
  actions,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
}) {
  const t = useText();
  const { pathname } = useLocation();
  const drafts = useDrafts();
  const chosen = useDraftName();
  const { may, writable } = useSession();
  const [making, setMaking] = useState(false);
  const known = drafts.data?.map(({ name }) => name) ?? [];
  const all = chosen === undefined || known.includes(chosen) ? known : [...known, chosen];
  const isGone = chosen !== undefined && drafts.data !== undefined && !known.includes(chosen);
  const pages = [
    ["/routing", "rules"],
    ["/routing/draft", "draft"],
    ["/routing/try", "try"],
    ["/routing/replay", "replay"],
    ["/routing/versions", "versions"],
    ["/routing/scripts", "scripts"],
  ] as const;
  const at = pathname.replace(/^\/console/, "").replace(/\/$/, "");
  return (
    <>
      <PageHeader title={title} lead={lead} actions={actions} />
      <div className={classes.bar}>
        <nav aria-label={t("pages")} className={classes.tabs}>
          {pages.map(([to, name]) => (
            <Link
              key={to}
              to={to}
              activeOptions={{ exact: true }}
              className={classes.tab}
              aria-current={isAt(at, to) ? "page" : undefined}
            >
              {t(name)}
            </Link>
          ))}
        </nav>
        <div className={classes.choice}>
          <Select
            aria-label={t("looks")}
            size="sm"
            allowDeselect={false}
            data={[
              { value: "", label: t("live") },
              ...all.map((name) => ({ value: `=${name}`, label: t("ofDraft", { name }) })),
            ]}
            value={chosen === undefined ? "" : `=${chosen}`}
            onChange={(value) => chooseDraft(value === null || value === "" ? undefined : value.slice(1))}
          />
          {may("operator") && (
            <Button
              variant="default"
              disabled={!writable}
              leftSection={<IconPencilPlus size={16} stroke={1.8} aria-hidden />}
              onClick={() => setMaking(true)}
            >
              {t("new")}
            </Button>
          )}
        </div>
      </div>
      <div aria-live="polite">
        {isGone && (
          <Alert
            mb="lg"
            color="yellow"
            variant="light"
            icon={<IconPencilOff size={18} />}
            title={t("gone", { name: chosen })}
          >
            {t("goneWhat")}
            <Group gap="xs" mt="sm">
              <Button size="xs" onClick={() => chooseDraft(undefined)}>
                {t("toLive")}
              </Button>
              {may("operator") && (
                <Button size="xs" variant="default" disabled={!writable} onClick={() => setMaking(true)}>
                  {t("new")}
                </Button>
              )}
              <Button component={Link} to="/routing/versions" size="xs" variant="default">
                {t("toVersions")}
              </Button>
            </Group>
          </Alert>
        )}
      </div>
      <Modal opened={making} onClose={() => setMaking(false)} title={t("new")}>
        <NewDraft made={() => setMaking(false)} />
      </Modal>
    </>
  );
}

function NewDraft({ made }: { made: () => void }) {
  const t = useText();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [why, setWhy] = useState("");
  const [fault, setFault] = useState<string>();
  const make = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await answer(api.POST("/v1/drafts", { body: { name, why } }));
      await queries.invalidateQueries({ queryKey: ["drafts"] });
      chooseDraft(name);
      made();
    } catch (error) {
      setFault(messageOf(error));
    }
  };
  return (
    <form onSubmit={(event) => void make(event)}>
      <Stack gap="md">
        <p className={classes.lead}>{t("newWhat")}</p>
        <TextInput
          data-autofocus
          required
          label={t("name")}
          value={name}
          error={fault}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <TextInput
          label={t("why")}
          value={why}
          onChange={({ currentTarget }) => setWhy(currentTarget.value)}
        />
        <Button type="submit" disabled={name === ""}>
          {t("make")}
        </Button>
      </Stack>
    </form>
  );
}
