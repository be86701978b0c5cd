import { Group, Stack, Tabs } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type FieldLook } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { ListAt, NumberAt } from "./fields.tsx";
import { Forwarding } from "./forwarding.tsx";
import { HotDesks } from "./hot-desks.tsx";
import { Reachable } from "./own-features.tsx";
import { useSiteField } from "./site-field.tsx";
import { noFeatures, type User } from "./types.ts";
import { UserNumbers } from "./user-numbers.tsx";
import classes from "./users.module.css";
import { CallState } from "./users.tsx";

const useText = defineStrings("user", {
  en: {
    remove: "Delete",
    removeTitle: "Delete user {{name}}?",
    removeWhat: "Its password and settings are gone; its call records stay.",
    removeCallers: "Calls to {{name}} find nobody (404); its telephones can not call any more.",
    removed: "{{name}} is deleted",
    general: "General",
    forwarding: "Forwarding",
    forwardingLead: "The forwarded call is made with this user's rights, not the caller's.",
    calls: "Calls to it",
    rights: "Class of service",
    rightsLead: "What it may do. Emergency calls are always allowed where there is a site.",
    desks: "Hot desks",
    display: "Display name",
    description: "Description",
    enabled: "Enabled",
    enabledHelp: "A disabled user can not register, call or be called.",
    password: "New password of its telephones",
    passwordHelp: "Empty: it stays. A new one is wanted at the next registration.",
    mayShow: "Numbers that it may show as a caller",
    mayShowHelp: "Beside its name and its numbers; +4977123* for all that begin so.",
    never: "May not call",
    neverHelp: "Numbers as rules see them, such as +49900*.",
    only: "May call only",
    onlyHelp: "Nothing else. Empty: everything.",
    out: "Calls that it makes at a time",
    in: "Calls that it has answered at a time",
    inHelp: "It is busy for more.",
    unlimited: "no limit",
    pickup: "Pickup groups",
    pickupHelp: "Users with one in common may take each other's calls while they ring (*8#). Up to 4.",
  },
  de: {
    remove: "Löschen",
    removeTitle: "Benutzer {{name}} löschen?",
    removeWhat: "Passwort und Einstellungen sind dann weg; die Gesprächsdaten bleiben.",
    removeCallers:
      "Anrufe an {{name}} erreichen niemanden (404); die Telefone dieses Benutzers können nicht mehr anrufen.",
    removed: "{{name}} ist gelöscht",
    general: "Allgemein",
    forwarding: "Weiterleitung",
    forwardingLead: "Der weitergeleitete Anruf hat die Rechte dieses Benutzers, nicht die des Anrufers.",
    calls: "Ankommende Anrufe",
    rights: "Berechtigungen",
    rightsLead: "Was er darf. Notrufe gehen immer, wo es einen Standort gibt.",
    desks: "Wechselnde Plätze",
    display: "Anzeigename",
    description: "Beschreibung",
    enabled: "Zugelassen",
    enabledHelp:
      "Ein gesperrter Benutzer kann sich nicht anmelden, nicht anrufen und nicht angerufen werden.",
    password: "Neues Passwort seiner Telefone",
    passwordHelp: "Leer: Es bleibt. Ein neues wird bei der nächsten Anmeldung verlangt.",
    mayShow: "Nummern, die er als Anrufer zeigen darf",
    mayShowHelp: "Neben seinem Namen und seinen Nummern; +4977123* für alle, die so beginnen.",
    never: "Darf nicht anrufen",
    neverHelp: "Nummern, wie Regeln sie sehen, etwa +49900*.",
    only: "Darf nur anrufen",
    onlyHelp: "Sonst nichts. Leer: alles.",
    out: "Gleichzeitige Anrufe, die er macht",
    in: "Gleichzeitige Anrufe, die er angenommen hat",
    inHelp: "Für weitere ist er besetzt.",
    unlimited: "unbegrenzt",
    pickup: "Pickup-Gruppen",
    pickupHelp:
      "Wer eine gemeinsam hat, darf Anrufe des anderen annehmen, solange sie klingeln (*8#). Höchstens 4.",
  },
});

export default function UserPage() {
  const t = useText();
  const { name = "" } = useParams({ strict: false });
  const { may } = useSession();
  const queries = useQueryClient();
  const site = useSiteField();
  const path = `/v1/users/${encodeURIComponent(name)}`;
  const params = { path: { name } };
  const load = () => answered(api.GET("/v1/users/{name}", { params }));
  const query = useQuery({ queryKey: ["users", name], queryFn: load });
  const readOnly = !may("operator");

  const form = (user: User, etag: string | undefined, fields: Readonly<Record<string, FieldLook>>) => (
    <EntityForm
      path="/v1/users/{name}"
      method="put"
      fields={fields}
      initial={{ ...user, features: { ...noFeatures, ...user.features } }}
      etag={etag}
      readOnly={readOnly}
      save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
      saved={() => void queries.invalidateQueries({ queryKey: ["users"] })}
      reload={load}
    />
  );

  if (isGone(query)) return <Gone name={name} to="/users" />;
  return (
    <Asked query={query}>
      {({ data: user, etag }) => (
        <>
          <PageHeader
            title={
              <Group gap="sm">
                {user.display === "" ? name : `${user.display} (${name})`}
                <CallState user={user as User} />
              </Group>
            }
            lead={user.description || undefined}
            actions={
              may("operator") && (
                <RemoveButton
                  path={path}
                  kind="users"
                  question={{
                    title: t("removeTitle", { name }),
                    what: t("removeWhat"),
                    callers: t("removeCallers", { name }),
                    action: t("remove"),
                  }}
                  done={t("removed", { name })}
                />
              )
            }
          />
          <Tabs defaultValue="general" keepMounted={false}>
            <Tabs.List mb="md">
              <Tabs.Tab value="general">{t("general")}</Tabs.Tab>
              <Tabs.Tab value="forwarding">{t("forwarding")}</Tabs.Tab>
              <Tabs.Tab value="calls">{t("calls")}</Tabs.Tab>
              <Tabs.Tab value="rights">{t("rights")}</Tabs.Tab>
              <Tabs.Tab value="desks">{t("desks")}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="general">
              <div className={classes.columns}>
                <Section>
                  {form(user as User, etag, {
                    display: { label: t("display") },
                    description: { label: t("description") },
                    site,
                    password: { label: t("password"), help: t("passwordHelp"), kind: "password", least: 8 },
                    may_show: { label: t("mayShow"), help: t("mayShowHelp") },
                    enabled: { label: t("enabled"), help: t("enabledHelp") },
                  })}
                </Section>
                <div>
                  <UserNumbers user={name} />
                </div>
              </div>
            </Tabs.Panel>
            <Tabs.Panel value="forwarding">
              <Section title={t("forwarding")} lead={t("forwardingLead")}>
                {form(user as User, etag, {
                  features: {
                    label: t("forwarding"),
                    render: (of) => <Forwarding form={of} path="features.forward" disabled={readOnly} />,
                  },
                })}
              </Section>
            </Tabs.Panel>
            <Tabs.Panel value="calls">
              <Section>
                {form(user as User, etag, {
                  features: {
                    label: t("calls"),
                    render: (of) => <Reachable form={of} base="features." disabled={readOnly} />,
                  },
                })}
              </Section>
            </Tabs.Panel>
            <Tabs.Panel value="rights">
              <Section title={t("rights")} lead={t("rightsLead")}>
                {form(user as User, etag, {
                  features: {
                    label: t("rights"),
                    render: (of) => {
                      const at = (path: string, label: string, help?: string) => ({
                        form: of,
                        path: `features.${path}`,
                        label,
                        disabled: readOnly,
                        ...(help !== undefined && { help }),
                      });
                      return (
                        <Stack gap="lg">
                          <ListAt {...at("may_call.never", t("never"), t("neverHelp"))} />
                          <ListAt {...at("may_call.only", t("only"), t("onlyHelp"))} none />
                          <NumberAt {...at("max_calls.out", t("out"))} min={0} placeholder={t("unlimited")} />
                          <NumberAt
                            {...at("max_calls.in", t("in"), t("inHelp"))}
                            min={0}
                            placeholder={t("unlimited")}
                          />
                          <ListAt {...at("pickup", t("pickup"), t("pickupHelp"))} max={4} />
                        </Stack>
                      );
                    },
                  },
                })}
              </Section>
            </Tabs.Panel>
            <Tabs.Panel value="desks">
              <HotDesks user={user as User} />
            </Tabs.Panel>
          </Tabs>
        </>
      )}
    </Asked>
  );
}
