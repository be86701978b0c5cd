import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { answered, api, ask, ifMatch } from "../../api/client.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { groupPath } from "./groups.tsx";
import { Members } from "./members.tsx";
import { useStrategies } from "./strategies.ts";

const useText = defineStrings("group", {
  en: {
    new: "New group",
    newLead: "Its members are called under its name.",
    name: "Name",
    nameHelp: "Also what is dialled, such as sales; no user may have it. It can not be changed later.",
    description: "Description",
    strategy: "Who rings",
    members: "Members",
    ring: "Seconds of ringing",
    ringHelp: "So long each, or all together.",
    overflow: "When nobody takes the call",
    overflowHelp:
      "A number, a user, another group, or a SIP address. Empty: the caller is told that nobody answers.",
    make: "Make group",
    remove: "Delete",
    removeTitle: "Delete group {{name}}?",
    removeCallers: "Calls to {{name}} find nobody (404). Its members keep their own calls.",
    removed: "{{name}} is deleted",
  },
  de: {
    new: "Neue Gruppe",
    newLead: "Ihre Mitglieder werden unter ihrem Namen gerufen.",
    name: "Name",
    nameHelp:
      "Auch was gewählt wird, etwa vertrieb; kein Benutzer darf so heißen. Er lässt sich später nicht ändern.",
    description: "Beschreibung",
    strategy: "Wer klingelt",
    members: "Mitglieder",
    ring: "Sekunden, die es klingelt",
    ringHelp: "So lange bei jedem, oder bei allen zusammen.",
    overflow: "Wenn niemand den Anruf nimmt",
    overflowHelp:
      "Eine Nummer, ein Benutzer, eine andere Gruppe oder eine SIP-Adresse. Leer: Der Anrufer erfährt, dass niemand abnimmt.",
    make: "Gruppe anlegen",
    remove: "Löschen",
    removeTitle: "Gruppe {{name}} löschen?",
    removeCallers:
      "Anrufe an {{name}} erreichen niemanden (404). Die Mitglieder behalten ihre eigenen Anrufe.",
    removed: "{{name}} ist gelöscht",
  },
});

function useFields(readOnly: boolean) {
  const t = useText();
  const strategies = useStrategies();
  return {
    description: { label: t("description") },
    strategy: { label: t("strategy"), choices: strategies },
    members: {
      label: t("members"),
      render: (form: Parameters<typeof Members>[0]["form"]) => <Members form={form} disabled={readOnly} />,
    },
    ring_s: { label: t("ring"), help: t("ringHelp") },
    overflow: { label: t("overflow"), help: t("overflowHelp"), kind: "text" },
  } as const;
}

export default function GroupPage() {
  const t = useText();
  const { name = "" } = useParams({ strict: false });
  const { may } = useSession();
  const queries = useQueryClient();
  const readOnly = !may("operator");
  const fields = useFields(readOnly);
  const path = `/v1/groups/${encodeURIComponent(name)}`;
  const load = () => answered(api.GET("/v1/groups/{name}", { params: { path: { name } } }));
  const query = useQuery({ queryKey: ["groups", name], queryFn: load });
  if (isGone(query)) return <Gone name={name} to="/groups" />;
  return (
    <>
      <PageHeader
        title={name}
        actions={
          may("operator") && (
            <RemoveButton
              path={path}
              kind="groups"
              question={{
                title: t("removeTitle", { name }),
                callers: t("removeCallers", { name }),
                action: t("remove"),
              }}
              done={t("removed", { name })}
            />
          )
        }
      />
      <Section>
        <Asked query={query}>
          {({ data, etag }) => (
            <EntityForm
              path="/v1/groups/{name}"
              method="put"
              fields={fields}
              initial={data}
              etag={etag}
              readOnly={readOnly}
              reload={load}
              save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
              saved={() => void queries.invalidateQueries({ queryKey: ["groups"] })}
            />
          )}
        </Asked>
      </Section>
    </>
  );
}

export function NewGroup() {
  const t = useText();
  const fields = useFields(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (
    <>
      <PageHeader title={t("new")} lead={t("newLead")} />
      <Section>
        <EntityForm
          path="/v1/groups"
          method="post"
          fields={{ name: { label: t("name"), help: t("nameHelp") }, ...fields }}
          submit={t("make")}
          save={(body) => ask("POST", "/v1/groups", { body })}
          saved={({ name }) => {
            void queries.invalidateQueries({ queryKey: ["groups"] });
            void navigate({ to: groupPath(String(name)) });
          }}
        />
      </Section>
    </>
  );
}
