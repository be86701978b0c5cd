import { Button, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { answer, answered, api, ifMatch } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type EntityFormApi } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { Facts, Section } from "../../kit/page.tsx";
import { Num } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { Code } from "./code.tsx";
import { inLine } from "./documents.ts";
import { RoutingHead } from "./head.tsx";
import classes from "./routing.module.css";
import { scriptPath } from "./scripts.tsx";

const useText = defineStrings("script", {
  en: {
    new: "New script",
    lead: "Types are checked when it is saved; the next call runs it. A rule with this script as its action leaves calls to it.",
    name: "Name",
    description: "Description",
    enabled: "In use",
    source: "TypeScript",
    deadline: "Deadline, ms",
    deadlineHelp: "For a call in all; after that the next rule decides.",
    cpu: "Processor time, ms",
    memory: "Memory, MB",
    hosts: "Hosts that it may ask",
    hostsHelp: "By helpers.fetch; no others are reached.",
    goTo: "Line {{line}}",
    log: "At this node",
    answered: "Answered",
    failed: "Failed",
    failure: "The last failure",
    resting: "It rests for some seconds, because it failed again and again.",
    unused: "No call has used it at this node since its start.",
  },
  de: {
    new: "Neues Skript",
    lead: "Typen werden beim Speichern geprüft; der nächste Anruf führt es aus. Eine Regel mit diesem Skript als Aktion überlässt ihm Anrufe.",
    name: "Name",
    description: "Beschreibung",
    enabled: "In Gebrauch",
    source: "TypeScript",
    deadline: "Frist, ms",
    deadlineHelp: "Für einen Anruf im Ganzen; danach entscheidet die nächste Regel.",
    cpu: "Prozessorzeit, ms",
    memory: "Speicher, MB",
    hosts: "Rechner, die es fragen darf",
    hostsHelp: "Mit helpers.fetch; andere erreicht es nicht.",
    goTo: "Zeile {{line}}",
    log: "An diesem Knoten",
    answered: "Beantwortet",
    failed: "Gescheitert",
    failure: "Zuletzt gescheitert",
    resting: "Es ruht einige Sekunden, weil es immer wieder scheiterte.",
    unused: "Kein Anruf hat es an diesem Knoten seit dessen Start benutzt.",
  },
});

const template = `export async function decide(call: Call, helpers: Helpers): Promise<Answer> {
  const hour = new Date(call.time).getUTCHours();
  if (hour < 7 || hour > 16) return { action: "route", targets: [{ type: "user", user: "night" }] };
  return { action: "next" };
}
`;

/** `3:5: error TS2322: …` in what the app says of a script. Pure. */
export const placesIn = (text: string): { line: number; column: number }[] =>
  [...text.matchAll(/(?:^|[\s(;])(?:line )?(\d+)[:,] ?(?:column )?(\d+)/g)].map(([, line, column]) => ({
    line: Number(line),
    column: Number(column),
  }));

function Source({ form, readOnly }: { form: EntityFormApi; readOnly: boolean }) {
  const t = useText();
  const [goTo, setGoTo] = useState<{ line: number; column: number }>();
  // Something to begin with.
  const isBlank = inLine(form.values.source) === "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it is shown
  useEffect(() => {
    if (isBlank && !readOnly) form.setFieldValue("source", template);
  }, []);
  const error = form.errors.source;
  const text = typeof error === "string" ? error : "";
  return (
    <Stack gap={6}>
      <Text component="div" fw={500} size="sm">
        {t("source")}
      </Text>
      <Code
        language="typescript"
        label={t("source")}
        value={inLine(form.values.source)}
        onChange={(source) => form.setFieldValue("source", source)}
        readOnly={readOnly}
        invalid={text !== ""}
        minHeight="260px"
        goTo={goTo}
      />
      {text !== "" && (
        <div role="alert">
          <Text
            c="var(--mantine-color-error)"
            size="sm"
            className={classes.mono}
            style={{ whiteSpace: "pre-line" }}
          >
            {text}
          </Text>
          {placesIn(text).map((place) => (
            <Button
              key={`${place.line}:${place.column}`}
              size="xs"
              mr="xs"
              mt="xs"
              variant="default"
              onClick={() => setGoTo({ ...place })}
            >
              {t("goTo", { line: place.line })}
            </Button>
          ))}
        </div>
      )}
    </Stack>
  );
}

function useFields(readOnly: boolean) {
  const t = useText();
  return {
    source: {
      label: t("source"),
      render: (form: EntityFormApi) => <Source form={form} readOnly={readOnly} />,
    },
    description: { label: t("description") },
    enabled: { label: t("enabled") },
    deadline_ms: { label: t("deadline"), help: t("deadlineHelp") },
    cpu_ms: { label: t("cpu") },
    memory_mb: { label: t("memory") },
    hosts: { label: t("hosts"), help: t("hostsHelp") },
  } as const;
}

/** What is wrong with the source stands at the source. */
async function saved<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== "invalid-script") throw error;
    throw new ApiProblem(error.status, error.code, error.message, [
      { path: "/source", message: error.message },
    ]);
  }
}

export default function ScriptPage() {
  const t = useText();
  const { name } = useParams({ strict: false });
  const { may } = useSession();
  const readOnly = !may("operator");
  const fields = useFields(readOnly);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const path = { name: name ?? "" };
  const load = () => answered(api.GET("/v1/scripts/{name}", { params: { path } }));
  const query = useQuery({ queryKey: ["scripts", name], enabled: name !== undefined, queryFn: load });
  if (name === undefined)
    return (
      <>
        <RoutingHead title={t("new")} lead={t("lead")} />
        <Section>
          <EntityForm
            path="/v1/scripts"
            method="post"
            fields={{ name: { label: t("name") }, ...fields }}
            initial={undefined}
            save={(body) => saved(answer(api.POST("/v1/scripts", { body: body as never })))}
            saved={(body) => {
              void queries.invalidateQueries({ queryKey: ["scripts"] });
              void navigate({ to: scriptPath(String(body.name)) });
            }}
          />
        </Section>
      </>
    );
  if (isGone(query)) return <Gone name={name} to="/routing/scripts" />;
  return (
    <>
      <RoutingHead title={name} lead={t("lead")} />
      <Section>
        <Asked query={query}>
          {({ data, etag }) => (
            <EntityForm
              path="/v1/scripts/{name}"
              method="put"
              fields={fields}
              initial={data}
              etag={etag}
              readOnly={readOnly}
              reload={load}
              save={(body, against) =>
                saved(
                  answered(
                    api.PUT("/v1/scripts/{name}", {
                      params: { path },
                      body: body as never,
                      headers: ifMatch(against),
                    }),
                  ),
                )
              }
              saved={() => void queries.invalidateQueries({ queryKey: ["scripts"] })}
            />
          )}
        </Asked>
      </Section>
      <Log name={name} />
    </>
  );
}

function Log({ name }: { name: string }) {
  const t = useText();
  const query = useQuery({
    queryKey: ["script-log", name],
    retry: false,
    refetchInterval: 5000,
    queryFn: () =>
      answer(api.GET("/v1/scripts/{name}/log", { params: { path: { name } } })).catch((error: unknown) => {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }),
  });
  return (
    <Section title={t("log")}>
      <Asked query={query}>
        {(log) =>
          log === null ? (
            <Text c="dimmed">{t("unused")}</Text>
          ) : (
            <>
              <Facts
                items={[
                  [t("answered"), <Num key="answered" value={log.answered} />],
                  [t("failed"), <Num key="failed" value={log.failed} />],
                  [t("failure"), log.failure],
                ]}
              />
              {log.resting && <Text mt="sm">{t("resting")}</Text>}
              {log.lines.map(({ at, call, text }) => (
                <div key={`${at} ${call} ${text}`} className={classes.mono}>
                  {at} {text}
                </div>
              ))}
            </>
          )
        }
      </Asked>
    </Section>
  );
}
