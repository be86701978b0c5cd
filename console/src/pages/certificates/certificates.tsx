import { Button, Code, Group, Stack, Text } from "@mantine/core";
import { IconCertificate, IconFileUpload, IconTrash } from "@tabler/icons-react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked } from "../../kit/empty.tsx";
import { Light, LightBadge, type LightState } from "../../kit/light.tsx";
import { Facts, PageHeader, Section } from "../../kit/page.tsx";
import { tellDone, tellFault } from "../../kit/tell.ts";
import { Moment } from "../../kit/time.tsx";
import classes from "./certificates.module.css";
import { GiveCertificate } from "./give.tsx";
import { useText } from "./text.ts";

type Certificates = paths["/v1/certificates"]["get"]["responses"][200]["content"]["application/json"];
type Authority = NonNullable<Certificates["authority"]>;

const dayMs = 86_400_000;
/** As the light has it: src/explain/light.ts */
const stateOf = (until: string): LightState => {
  const days = (Date.parse(until) - Date.now()) / dayMs;
  return days < 3 ? "bad" : days < 14 ? "warn" : "good";
};

/** Colons every two digits, so that it can be compared by eye. */
const spelled = (fingerprint: string): string => fingerprint.toUpperCase().replace(/..(?=.)/g, "$&:");

const useChange = () => {
  const queries = useQueryClient();
  return async (work: () => Promise<unknown>, done: string) => {
    try {
      await work();
      tellDone(done);
    } catch (error) {
      tellFault(error);
    }
    await queries.invalidateQueries({ queryKey: ["certificates"] });
  };
};

export default function CertificatesPage() {
  const t = useText();
  const { may, writable } = useSession();
  const [giving, setGiving] = useState(false);
  const query = useQuery({
    queryKey: ["certificates"],
    queryFn: () => answer(api.GET("/v1/certificates")),
    refetchInterval: 5000,
  });
  return (
    <>
      <PageHeader
        title={t("title")}
        lead={t("lead")}
        actions={
          may("administrator") && (
            <Button
              disabled={!writable}
              leftSection={<IconFileUpload size={16} stroke={1.8} aria-hidden />}
              onClick={() => setGiving(true)}
            >
              {t("give")}
            </Button>
          )
        }
      />
      <Asked query={query}>
        {(found) => (
          <>
            <Used found={found} />
            <Nodes found={found} />
            <AuthoritySection authority={found.authority} given={found.given !== null} />
          </>
        )}
      </Asked>
      <GiveCertificate opened={giving} close={() => setGiving(false)} names={query.data?.names ?? []} />
    </>
  );
}

function Used({ found: { used, given } }: { found: Certificates }) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const change = useChange();
  const remove = async () => {
    const question = {
      title: t("removeTitle"),
      what: t("removeWhat"),
      callers: t("removeCallers"),
      action: t("remove"),
    };
    if (await confirm(question)) await change(() => ask("DELETE", "/v1/certificates/given"), t("removed"));
  };
  const kind = used.kind as "given" | "acme" | "generated" | "hosts";
  return (
    <Section
      title={t("used")}
      lead={t(`${kind}What`)}
      actions={
        given !== null &&
        may("administrator") && (
          <Button
            variant="default"
            disabled={!writable}
            leftSection={<IconTrash size={16} stroke={1.8} aria-hidden />}
            onClick={() => void remove()}
          >
            {t("remove")}
          </Button>
        )
      }
    >
      <Facts
        items={[
          [t("kind"), t(kind)],
          [t("names"), used.names.join(", ")],
          [t("issuer"), used.issuer],
          [
            t("goodUntil"),
            <Light key="until" state={stateOf(used.until)}>
              <Moment at={used.until} as="date" />
            </Light>,
            "until",
          ],
          [t("from"), <Moment key="from" at={used.from} as="date" />, "from"],
          [t("key"), used.key],
          [t("chain"), used.chain.join(" → ")],
          [
            "SHA-256",
            <code key="sha" className={classes.fingerprint}>
              {spelled(used.fingerprint)}
            </code>,
            "sha",
          ],
        ]}
      />
    </Section>
  );
}

function Nodes({ found: { nodes, used } }: { found: Certificates }) {
  const t = useText();
  return (
    <Section title={t("nodes")} lead={t("nodesLead")} flush>
      {nodes.length === 0 ? (
        <Text c="dimmed" p="md">
          {t("noNode")}
        </Text>
      ) : (
        <ul className={classes.nodes}>
          {nodes.map(({ node, fingerprint, until, problem }) => {
            const same = fingerprint === used.fingerprint;
            const state = fingerprint === null ? "idle" : same && problem === null ? "good" : "warn";
            return (
              <li key={node}>
                <Group justify="space-between" gap="sm">
                  <Light state={state}>
                    <Text span fw={550} inherit>
                      {node}
                    </Text>
                    {": "}
                    {t(fingerprint === null ? "untold" : same ? "same" : "other")}
                  </Light>
                  {until !== null && (
                    <Text size="sm" c="dimmed">
                      {t("until")} <Moment at={until} as="date" />
                    </Text>
                  )}
                </Group>
                {problem !== null && (
                  <Text size="sm" c="dimmed" mt={4}>
                    {problem}
                  </Text>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </Section>
  );
}

const example = `web:
  names: [tel.example.org]
  acme:
    email: you@example.org
    terms_agreed: true`;

const authorityState: Record<Authority["state"], LightState> = {
  good: "good",
  due: "warn",
  ordering: "warn",
  failed: "bad",
};

function AuthoritySection({ authority, given }: { authority: Authority | null; given: boolean }) {
  const t = useText();
  const { may, writable } = useSession();
  const confirm = useConfirm();
  const change = useChange();
  if (!authority)
    return (
      <Section title={t("authority")}>
        <Stack gap="sm">
          <Text maw={680}>{t("noAuthority")}</Text>
          <Code block>{example}</Code>
        </Stack>
      </Section>
    );
  const order = async () => {
    const question = {
      title: t("orderTitle"),
      what: t("orderWhat"),
      callers: "",
      action: t("order"),
      danger: false,
    };
    if (await confirm(question)) await change(() => ask("POST", "/v1/certificates/order"), t("ordered"));
  };
  return (
    <Section
      title={t("authority")}
      lead={given ? t("authorityGiven") : t("authorityLead")}
      actions={
        !given &&
        may("administrator") && (
          <Button
            variant="default"
            disabled={!writable || authority.state === "ordering"}
            leftSection={<IconCertificate size={16} stroke={1.8} aria-hidden />}
            onClick={() => void order()}
          >
            {t("order")}
          </Button>
        )
      }
    >
      <Facts
        items={[
          [
            t("state"),
            <LightBadge key="state" state={authorityState[authority.state]}>
              {t(authority.state)}
            </LightBadge>,
            "state",
          ],
          [t("failure"), authority.failure],
          [t("next"), authority.next_at && <Moment at={authority.next_at} as="both" />, "next"],
          [t("renews"), authority.renews_at && <Moment at={authority.renews_at} as="date" />, "renews"],
          [t("directory"), authority.directory],
          [t("email"), authority.email],
          [t("by"), authority.node],
        ]}
      />
    </Section>
  );
}
