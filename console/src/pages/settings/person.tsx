import { Button, Group } from "@mantine/core";
import { IconHistory } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession, useSessionState } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { Facts, PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "../users/users.module.css";
import { useAuditLink } from "./audit-filters.ts";
import { IdentitiesSection } from "./identities.tsx";
import { PasswordForm } from "./password.tsx";
import { PersonState } from "./people.tsx";
import { usePersonFields } from "./person-fields.tsx";

const useText = defineStrings("person", {
  en: {
    remove: "Delete",
    removeTitle: "Delete {{name}}?",
    removeSelf: "Delete yourself, {{name}}?",
    removeWhat:
      "{{name}} is logged out everywhere within a second and can not log in any more. What {{name}} changed stays on record under that name. The telephone user, if there is one, stays.",
    removed: "{{name}} is deleted",
    may: "What they may do",
    password: "Set a new password",
    facts: "Login",
    login: "Last login",
    never: "never",
    made: "Made",
    has: "Password",
    set: "set",
    unset: "none: they log in by other ways, if at all",
    second: "Second factor",
    noSecond: "none: their password alone",
    reset: "Take away the second factor",
    resetTitle: "Take away {{name}}'s second factor?",
    resetWhat:
      "For whoever lost it. {{name}} is logged out everywhere, and logs in by password alone until a new one is set up. Make sure that it is {{name}} who asks you for this.",
    resetDone: "{{name}} has no second factor any more",
    changes: "Their changes",
    own: "Your login",
  },
  de: {
    remove: "Löschen",
    removeTitle: "{{name}} löschen?",
    removeSelf: "Sich selbst, {{name}}, löschen?",
    removeWhat:
      "{{name}} wird binnen einer Sekunde überall abgemeldet und kann sich nicht mehr anmelden. Was {{name}} geändert hat, bleibt unter diesem Namen verzeichnet. Der Telefonbenutzer, wenn es einen gibt, bleibt.",
    removed: "{{name}} ist gelöscht",
    may: "Was diese Person darf",
    password: "Neues Passwort setzen",
    facts: "Anmeldung",
    login: "Zuletzt angemeldet",
    never: "noch nie",
    made: "Angelegt",
    has: "Passwort",
    set: "gesetzt",
    unset: "keines: Anmelden geht nur auf andere Weise, wenn überhaupt",
    second: "Zweiter Faktor",
    noSecond: "keiner: nur das Passwort",
    reset: "Zweiten Faktor wegnehmen",
    resetTitle: "Den zweiten Faktor von {{name}} wegnehmen?",
    resetWhat:
      "Für alle, die ihn verloren haben. {{name}} wird überall abgemeldet und meldet sich nur mit Passwort an, bis ein neuer eingerichtet ist. Vergewissern Sie sich, dass es {{name}} ist, wer Sie darum bittet.",
    resetDone: "{{name}} hat keinen zweiten Faktor mehr",
    changes: "Änderungen der Person",
    own: "Ihre Anmeldung",
  },
});

export default function PersonPage() {
  const t = useText();
  const { name = "" } = useParams({ strict: false });
  const { may, writable, person: self } = useSession();
  const { refresh } = useSessionState();
  const queries = useQueryClient();
  const auditLink = useAuditLink();
  const readOnly = !may("administrator");
  const fields = usePersonFields(readOnly);
  const path = `/v1/people/${encodeURIComponent(name)}`;
  const own = self.name === name;
  const confirm = useConfirm();
  const reset = async () => {
    const question = { title: t("resetTitle", { name }), what: t("resetWhat", { name }), action: t("reset") };
    if (!(await confirm(question))) return;
    try {
      await ask("DELETE", `${path}/factors`);
      tellDone(t("resetDone", { name }));
      await queries.invalidateQueries({ queryKey: ["people", name] });
    } catch (error) {
      tellFault(error);
    }
  };
  const load = () => answered(api.GET("/v1/people/{name}", { params: { path: { name } } }));
  const query = useQuery({ queryKey: ["people", name], queryFn: load });
  if (isGone(query)) return <Gone name={name} to="/people" />;
  return (
    <Asked query={query}>
      {({ data: person, etag }) => {
        const { display, role, user, enabled, scope } = person;
        return (
          <>
            <PageHeader
              title={
                <Group gap="sm">
                  {display === "" ? name : `${display} (${name})`}
                  <PersonState person={person} />
                </Group>
              }
              actions={
                <>
                  <Button
                    component="a"
                    {...auditLink({ who: name })}
                    variant="default"
                    leftSection={<IconHistory size={16} stroke={1.8} aria-hidden />}
                  >
                    {t("changes")}
                  </Button>
                  {!readOnly && (
                    <RemoveButton
                      path={path}
                      kind="people"
                      question={{
                        title: t(own ? "removeSelf" : "removeTitle", { name }),
                        what: t("removeWhat", { name }),
                        callers: "",
                        action: t("remove"),
                        ...(own && { typed: name }),
                      }}
                      done={t("removed", { name })}
                    />
                  )}
                </>
              }
            />
            <div className={classes.columns}>
              <Section title={t("may")}>
                <EntityForm
                  path="/v1/people/{name}"
                  method="put"
                  fields={fields}
                  initial={{ display, role, user, enabled, scope }}
                  readOnly={readOnly}
                  etag={etag}
                  reload={load}
                  save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
                  saved={() => {
                    void queries.invalidateQueries({ queryKey: ["people"] });
                    if (own) void refresh();
                  }}
                />
              </Section>
              <div>
                <Section title={t("facts")}>
                  <Facts
                    items={[
                      [
                        t("login"),
                        person.login_at === null ? (
                          t("never")
                        ) : (
                          <Moment key="login" at={person.login_at} as="ago" />
                        ),
                      ],
                      [t("made"), <Moment key="made" at={person.created_at} as="date" />],
                      [t("has"), person.password ? t("set") : t("unset")],
                      [t("second"), person.second_factor ? t("set") : t("noSecond")],
                    ]}
                  />
                  {own && (
                    <Button component={Link} to="/security" variant="default" mt="md">
                      {t("own")}
                    </Button>
                  )}
                  {!readOnly && !own && person.second_factor && (
                    <Button variant="default" mt="md" disabled={!writable} onClick={() => void reset()}>
                      {t("reset")}
                    </Button>
                  )}
                </Section>
                <IdentitiesSection name={name} />
                {!readOnly && !own && (
                  <Section title={t("password")}>
                    <PasswordForm name={name} />
                  </Section>
                )}
              </div>
            </div>
          </>
        );
      }}
    </Asked>
  );
}
