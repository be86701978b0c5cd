import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "../security/security.module.css";

const useText = defineStrings("identities", {
  en: {
    title: "Login by an identity provider",
    lead: "Who at a provider is this person. What is typed counts at the first login; from then on it is that account, whatever it is called.",
    provider: "Provider",
    claimed: "What it is called there",
    add: "Link",
    waits: "has not logged in yet",
    used: "last login",
    remove: "Unlink",
    removeName: "Unlink {{name}}",
    removeTitle: "Unlink {{name}}?",
    removeWhat:
      "Nobody logs in as this person by that account any more. Logins that are there go on until they end.",
    linked: "Linked",
    removed: "Unlinked",
  },
  de: {
    title: "Anmeldung über einen Identitätsanbieter",
    lead: "Wer bei einem Anbieter diese Person ist. Was hier steht, zählt bei der ersten Anmeldung; danach ist es dieses Konto, wie es auch heißt.",
    provider: "Anbieter",
    claimed: "Wie es dort heißt",
    add: "Verknüpfen",
    waits: "hat sich noch nicht angemeldet",
    used: "zuletzt angemeldet",
    remove: "Trennen",
    removeName: "{{name}} trennen",
    removeTitle: "{{name}} trennen?",
    removeWhat:
      "Niemand meldet sich mehr mit diesem Konto als diese Person an. Bestehende Anmeldungen gelten, bis sie enden.",
    linked: "Verknüpft",
    removed: "Getrennt",
  },
});

/** Whom at an identity provider a person is; nothing where there are no providers. */
export function IdentitiesSection({ name }: { name: string }) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const queries = useQueryClient();
  const key = ["people", name, "identities"];
  const { data } = useQuery({
    queryKey: key,
    queryFn: () => answer(api.GET("/v1/people/{name}/identities", { params: { path: { name } } })),
  });
  const { data: known } = useQuery({
    queryKey: ["identity-providers", "all"],
    queryFn: () => answer(api.GET("/v1/identity-providers", { params: { query: { limit: 100 } } })),
  });
  const [provider, setProvider] = useState<string | null>(null);
  const [claimed, setClaimed] = useState("");
  const identities = data?.identities ?? [];
  const providers = known?.providers ?? [];
  if (providers.length === 0 && identities.length === 0) return null;
  const path = `/v1/people/${encodeURIComponent(name)}/identities`;
  const chosen = provider ?? providers[0]?.name ?? null;
  const done = async (work: () => Promise<unknown>, said: string) => {
    try {
      await work();
      tellDone(said);
      setClaimed("");
    } catch (error) {
      tellFault(error);
    }
    await queries.invalidateQueries({ queryKey: key });
  };
  const add = (event: FormEvent) => {
    event.preventDefault();
    void done(() => ask("POST", path, { body: { provider: chosen, claimed } }), t("linked"));
  };
  const remove = async (id: string, called: string) => {
    const question = {
      title: t("removeTitle", { name: called }),
      what: t("removeWhat"),
      callers: "",
      action: t("remove"),
    };
    if (await confirm(question)) await done(() => ask("DELETE", `${path}/${id}`), t("removed"));
  };
  return (
    <Section title={t("title")} lead={t("lead")}>
      <Stack gap="md">
        {identities.length > 0 && (
          <ul className={classes.list} aria-label={t("title")}>
            {identities.map(({ id, issuer, claimed: called, subject, used_at }) => (
              <li key={id}>
                <Group justify="space-between" wrap="nowrap" gap="sm">
                  <div>
                    <Text fw={500} style={{ overflowWrap: "anywhere" }}>
                      {called === "" ? subject : called}
                    </Text>
                    <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                      {providers.find((one) => one.issuer === issuer)?.label ?? issuer}
                      {" · "}
                      {used_at === null ? (
                        t("waits")
                      ) : (
                        <>
                          {t("used")} <Moment at={used_at} as="ago" />
                        </>
                      )}
                    </Text>
                  </div>
                  {may("administrator") && (
                    <Button
                      variant="default"
                      size="xs"
                      disabled={!writable}
                      aria-label={t("removeName", { name: called })}
                      onClick={() => void remove(id, called)}
                    >
                      {t("remove")}
                    </Button>
                  )}
                </Group>
              </li>
            ))}
          </ul>
        )}
        {may("administrator") && providers.length > 0 && (
          <form onSubmit={add}>
            <Stack gap="sm">
              {providers.length > 1 && (
                <Select
                  label={t("provider")}
                  data={providers.map((one) => ({ value: one.name, label: one.label }))}
                  allowDeselect={false}
                  value={chosen}
                  onChange={setProvider}
                />
              )}
              <TextInput
                label={t("claimed")}
                placeholder="ada@example.com"
                autoComplete="off"
                required
                withAsterisk={false}
                value={claimed}
                onChange={({ currentTarget }) => setClaimed(currentTarget.value)}
              />
              <div>
                <Button type="submit" variant="default" disabled={!writable}>
                  {t("add")}
                </Button>
              </div>
            </Stack>
          </form>
        )}
      </Stack>
    </Section>
  );
}
