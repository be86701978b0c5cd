import { Alert, Button, Code, Group, MultiSelect, Select, Text } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import { mayAs, type Role, roles, useSession } from "../../api/session.tsx";
import { Copy } from "../../kit/copy.tsx";
import { EntityForm, type EntityFormApi } from "../../kit/form.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Moment } from "../../kit/time.tsx";
import { defineStrings, useLanguage } from "../../shell/i18n.ts";
import { roleNames } from "../../shell/roles.ts";
import { ScopeField } from "./person-fields.tsx";

const useText = defineStrings("new-token", {
  en: {
    title: "New token",
    lead: "For one program: it then stops working alone when its token ends.",
    name: "Name",
    nameHelp: "What the program is. Its changes stand in the record of changes as token:NAME.",
    role: "Role",
    roleHelp: "As little as it needs; no more than yours. With your role its own goes down too.",
    areas: "Parts of the API",
    areasHelp: "By the first word of the path. Nothing chosen: all that the role may.",
    until: "Ends after",
    days_one: "{{count}} day",
    days_other: "{{count}} days",
    scope: "Part of the service",
    submit: "Make token",
    made: "Token {{name}}",
    once: "This is shown now and never again: only a hash of it is kept.",
    how: "The program sends it with each request:",
    endsAt: "It ends:",
    copy: "Copy token",
    list: "To the tokens",
  },
  de: {
    title: "Neues Token",
    lead: "Für ein Programm: Endet das Token, hört nur dieses auf zu funktionieren.",
    name: "Name",
    nameHelp: "Welches Programm es ist. Seine Änderungen sind als token:NAME verzeichnet.",
    role: "Rolle",
    roleHelp: "So wenig wie nötig; nicht mehr als Ihre. Mit Ihrer Rolle sinkt auch seine.",
    areas: "Teile der API",
    areasHelp: "Nach dem ersten Wort des Pfads. Nichts gewählt: alles, was die Rolle darf.",
    until: "Endet nach",
    days_one: "{{count}} Tag",
    days_other: "{{count}} Tagen",
    scope: "Teil des Dienstes",
    submit: "Token machen",
    made: "Token {{name}}",
    once: "Das wird jetzt gezeigt und nie wieder: Nur eine Prüfsumme davon wird aufbewahrt.",
    how: "Das Programm schickt es mit jeder Anfrage:",
    endsAt: "Es endet:",
    copy: "Token kopieren",
    list: "Zu den Tokens",
  },
});

interface Made {
  name: string;
  token: string;
  expires_at: string;
}

const lasting = [7, 30, 90, 180, 365];

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** Those that its maker has. */
function RoleField({ form }: { form: EntityFormApi }) {
  const t = useText();
  const language = useLanguage();
  const { person } = useSession();
  const own = roles.filter((role) => mayAs(person.role, role)).toReversed();
  return (
    <Select
      label={t("role")}
      description={t("roleHelp")}
      data={own.map((role: Role) => ({ value: role, label: roleNames[role][language] }))}
      allowDeselect={false}
      required
      {...form.getInputProps("role")}
    />
  );
}

function AreasField({ form }: { form: EntityFormApi }) {
  const t = useText();
  const { data } = useQuery({
    queryKey: ["tokens", "areas"],
    queryFn: () => answer(api.GET("/v1/tokens", { params: { query: { limit: 1 } } })),
  });
  const { areas } = form.getValues();
  return (
    <MultiSelect
      label={t("areas")}
      description={t("areasHelp")}
      data={data?.areas ?? []}
      searchable
      clearable
      value={Array.isArray(areas) ? areas : []}
      onChange={(chosen) => form.setFieldValue("areas", chosen.length === 0 ? null : chosen)}
      error={form.errors.areas ?? form.errors["areas.0"]}
    />
  );
}

function EndField({
  form,
  days,
  setDays,
}: {
  form: EntityFormApi;
  days: number;
  setDays: (days: number) => void;
}) {
  const t = useText();
  return (
    <Select
      label={t("until")}
      data={lasting.map((count) => ({ value: String(count), label: t("days", { count }) }))}
      allowDeselect={false}
      value={String(days)}
      onChange={(value) => setDays(Number(value))}
      error={form.errors.expires_at}
    />
  );
}

/** The one time that it is seen. */
function Shown({ made: { name, token, expires_at } }: { made: Made }) {
  const t = useText();
  return (
    <>
      <PageHeader title={t("made", { name })} />
      <Section>
        <Alert color="yellow" variant="light" icon={<IconKey size={18} />} role="status">
          {t("once")}
        </Alert>
        <Text mt="md">{t("how")}</Text>
        <Code block mt="xs" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {`Authorization: Bearer ${token}`}
        </Code>
        <Text mt="md">
          {t("endsAt")} <Moment at={expires_at} as="date" />
        </Text>
        <Group mt="md">
          <Copy value={token} label={t("copy")} filled />
          <Button component={Link} to="/tokens" variant="default">
            {t("list")}
          </Button>
        </Group>
      </Section>
    </>
  );
}

export default function NewToken() {
  const t = useText();
  const queries = useQueryClient();
  const { person } = useSession();
  const [made, setMade] = useState<Made>();
  const [days, setDays] = useState(90);
  if (made) return <Shown made={made} />;
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Section>
        <EntityForm
          path="/v1/tokens"
          method="post"
          fields={{
            name: { label: t("name"), help: t("nameHelp") },
            role: { label: t("role"), render: (form) => <RoleField form={form} /> },
            areas: { label: t("areas"), render: (form) => <AreasField form={form} /> },
            expires_at: {
              label: t("until"),
              render: (form) => <EndField form={form} days={days} setDays={setDays} />,
            },
            // Who sees a part only gives that part.
            ...(!person.scope && {
              scope: { label: t("scope"), render: (form) => <ScopeField form={form} disabled={false} /> },
            }),
          }}
          initial={{ name: "", role: "auditor", areas: null, scope: null }}
          submit={t("submit")}
          save={async (body) => {
            const { data } = await ask<Made>("POST", "/v1/tokens", {
              body: { ...body, expires_at: inDays(days) },
            });
            setMade(data);
          }}
          saved={() => void queries.invalidateQueries({ queryKey: ["tokens"] })}
        />
      </Section>
    </>
  );
}
