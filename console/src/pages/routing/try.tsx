import { Button, Select, Text, TextInput } from "@mantine/core";
import { DateTimePicker } from "@mantine/dates";
import { IconPlayerPlay, IconRouteAltLeft } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { Empty, Fault } from "../../kit/empty.tsx";
import { LightBadge } from "../../kit/light.tsx";
import { Facts, Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { useDraftName } from "./draft-name.ts";
import { RoutingHead } from "./head.tsx";
import classes from "./routing.module.css";
import { rulePath } from "./routing.tsx";
import { targetText } from "./rules.ts";

const useText = defineStrings("try", {
  en: {
    title: "Try",
    lead: "What would happen to a call, and why. Nobody's telephone rings; scripts and web applications that rules name are really asked.",
    number: "Dialled number",
    from: "Caller's number",
    user: "Logged in as",
    source: "Comes from",
    at: "When",
    now: "now",
    method: "What",
    call: "A call",
    go: "Try",
    teach: "Try a call before somebody makes it",
    teachWhat:
      "What happens if ada calls 5000 on Sunday at three in the night? Each rule that was looked at stands here with what it found.",
    path: "How it was decided",
    chosen: "decides",
    passed: "does not hold",
    shadowed: "would have held",
    refused: "Refused: {{code}} {{reason}}",
    redirected: "Sent elsewhere: {{to}}",
    serial: "Rings, one after the other",
    parallel: "Ring at once",
    one: "Rings",
    here: "Answered here, as no rule is for it",
    none: "No rule held",
    meant: "Meant",
    rule: "Rule",
    carriers: "Carriers",
    asked: "asked",
    notAsked: "not asked",
  },
  de: {
    title: "Ausprobieren",
    lead: "Was mit einem Anruf geschähe, und warum. Kein Telefon klingelt; Skripte und Web-Anwendungen, die Regeln nennen, werden wirklich gefragt.",
    number: "Gewählte Nummer",
    from: "Nummer des Anrufers",
    user: "Angemeldet als",
    source: "Kommt von",
    at: "Wann",
    now: "jetzt",
    method: "Was",
    call: "Ein Anruf",
    go: "Ausprobieren",
    teach: "Einen Anruf ausprobieren, bevor ihn jemand macht",
    teachWhat:
      "Was geschieht, wenn ada am Sonntag um drei Uhr nachts 5000 ruft? Jede Regel, die angesehen wurde, steht hier mit dem, was sie ergab.",
    path: "Wie entschieden wurde",
    chosen: "entscheidet",
    passed: "trifft nicht zu",
    shadowed: "hätte zugetroffen",
    refused: "Abgelehnt: {{code}} {{reason}}",
    redirected: "Anderswohin geschickt: {{to}}",
    serial: "Es klingelt nacheinander",
    parallel: "Es klingelt zugleich",
    one: "Es klingelt",
    here: "Hier beantwortet, denn keine Regel ist dafür da",
    none: "Keine Regel traf zu",
    meant: "Gemeint",
    rule: "Regel",
    carriers: "Carrier",
    asked: "gefragt",
    notAsked: "nicht gefragt",
  },
});

const methods = ["MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY", "REGISTER", "OPTIONS"] as const;
type Method = (typeof methods)[number];

interface Asked {
  number: string;
  from: string;
  user: string;
  source: string;
  at: string | null;
  method: string;
}

const simulate = ({ number, from, user, source, at, method }: Asked, draft: string | undefined) =>
  answer(
    api.GET("/v1/rules/simulate", {
      params: {
        query: {
          number,
          ...(from !== "" && { from }),
          ...(user !== "" && { user }),
          ...(source !== "" && { source }),
          ...(at !== null && { at: new Date(at).toISOString() }),
          ...(method !== "" && { method: method as Method }),
          ...(draft !== undefined && { draft }),
        },
      },
    }),
  );
type Explanation = Awaited<ReturnType<typeof simulate>>;

export default function Try() {
  const t = useText();
  const draft = useDraftName();
  const [asked, setAsked] = useState<Asked>({
    number: "",
    from: "",
    user: "",
    source: "",
    at: null,
    method: "",
  });
  const tried = useMutation({ mutationFn: (what: Asked) => simulate(what, draft) });
  const text = (name: "number" | "from" | "user" | "source") => ({
    label: t(name),
    value: asked[name],
    onChange: ({ currentTarget }: { currentTarget: { value: string } }) =>
      setAsked({ ...asked, [name]: currentTarget.value }),
  });
  return (
    <>
      <RoutingHead title={t("title")} lead={t("lead")} />
      <Section>
        <form
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            tried.mutate(asked);
          }}
        >
          <div className={classes.fields}>
            <TextInput required {...text("number")} inputMode="tel" data-autofocus />
            <TextInput {...text("from")} />
            <TextInput {...text("user")} />
            <TextInput {...text("source")} placeholder="192.0.2.7" />
            <DateTimePicker
              label={t("at")}
              placeholder={t("now")}
              clearable
              value={asked.at}
              onChange={(at) => setAsked({ ...asked, at })}
            />
            <Select
              label={t("method")}
              allowDeselect={false}
              value={asked.method}
              onChange={(method) => setAsked({ ...asked, method: method ?? "" })}
              data={[{ value: "", label: t("call") }, ...methods.map((value) => ({ value, label: value }))]}
            />
            <Button
              type="submit"
              loading={tried.isPending}
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
            >
              {t("go")}
            </Button>
          </div>
        </form>
      </Section>
      {tried.error && (
        <Section>
          <Fault error={tried.error} />
        </Section>
      )}
      {tried.data ? (
        <Result found={tried.data} method={tried.variables.method} />
      ) : (
        !tried.error && (
          <Section>
            <Empty icon={IconRouteAltLeft} title={t("teach")}>
              {t("teachWhat")}
            </Empty>
          </Section>
        )
      )}
    </>
  );
}

function Result({ found, method }: { found: Explanation; method: string }) {
  const t = useText();
  const { decision, considered, carriers, meant } = found;
  const chosen = considered.findIndex(({ verdict }) => verdict === "chosen");
  return (
    <>
      <Section title={t("path")}>
        <ol className={classes.path}>
          {considered.map((one, at) => (
            <li
              key={one.candidate}
              className={classes.step}
              data-verdict={one.verdict}
              data-lit={chosen < 0 || at <= chosen || undefined}
            >
              <div className={classes.stepHead}>
                <strong>
                  {one.candidate.includes(":") ? (
                    one.candidate
                  ) : (
                    <Link to={rulePath(one.candidate)}>{one.candidate}</Link>
                  )}
                </strong>
                <LightBadge state={one.verdict === "chosen" ? "good" : "idle"}>
                  {t(one.verdict === "passed over" ? "passed" : one.verdict)}
                </LightBadge>
              </div>
              <Text size="sm" c="dimmed">
                {one.why}
              </Text>
            </li>
          ))}
          {chosen < 0 && (
            <li className={classes.step} data-lit data-verdict="chosen">
              <strong>{t("none")}</strong>
            </li>
          )}
        </ol>
        <Outcome decision={decision} method={method} />
        {meant && (
          <Text size="sm" c="dimmed" mt="md">
            {t("meant")}: {meant.number} ({meant.class}
            {meant.country === undefined ? "" : `, ${meant.country}`}), {meant.site}
          </Text>
        )}
      </Section>
      {carriers && (
        <Section title={t("carriers")}>
          <Facts
            items={carriers.map(({ carrier, asked, cost, why }) => [
              carrier,
              <span key={carrier}>
                <LightBadge state={asked ? "good" : "idle"}>{t(asked ? "asked" : "notAsked")}</LightBadge>{" "}
                {cost !== null && <span className="num">{cost} </span>}
                <span className={classes.dim}>{why}</span>
              </span>,
              carrier,
            ])}
          />
        </Section>
      )}
    </>
  );
}

function Outcome({ decision, method }: { decision: Explanation["decision"]; method: string }) {
  const t = useText();
  if (decision.action === "reject") {
    const here = (method === "REGISTER" || method === "OPTIONS") && decision.rule === "none";
    const title = here
      ? t("here")
      : decision.contacts
        ? t("redirected", { to: decision.contacts.join(", ") })
        : t("refused", { code: decision.code, reason: decision.reason });
    return (
      <div
        className={classes.outcome}
        data-refused={(!here && !decision.contacts) || undefined}
        role="status"
      >
        <div className={classes.outcomeTitle}>{title}</div>
      </div>
    );
  }
  const { targets, strategy } = decision;
  return (
    <div className={classes.outcome} role="status">
      <Text size="sm">{targets.length === 1 ? t("one") : t(strategy)}</Text>
      {targets.map((target) => (
        <div key={JSON.stringify(target)} className={classes.outcomeTitle}>
          {targetText(target)}
        </div>
      ))}
    </div>
  );
}
