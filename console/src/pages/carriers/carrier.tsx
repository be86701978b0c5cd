import { NumberInput, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation, useNavigate, useParams } from "@tanstack/react-router";
import { ask, ifMatch } from "../../api/client.ts";
import { useCluster } from "../../api/cluster.ts";
import { useSession } from "../../api/session.tsx";
import { Asked } from "../../kit/empty.tsx";
import { EntityForm, type EntityFormApi, type FieldLook } from "../../kit/form.tsx";
import { Gone, isGone } from "../../kit/gone.tsx";
import { Light } from "../../kit/light.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { RemoveButton } from "../../kit/remove.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { isDocument } from "../routing/documents.ts";
import { carrierStates } from "./states.ts";

const useText = defineStrings("carrier", {
  en: {
    newCarrier: "New carrier",
    newGuard: "New guard",
    name: "Name",
    nameHelp: "Rules and call records name it so. It can not be changed later.",
    description: "Description",
    enabled: "In use",
    addresses: "Addresses",
    addressesHelp: "host, host:port, one after the other with commas; a name is looked up (DNS SRV).",
    login: "Login",
    loginHelp:
      "When the carrier asks who we are. The password is kept sealed and never shown; empty: it stays.",
    loginUser: "User",
    password: "Password",
    number: "How it wants numbers",
    numberHelp: "{number} as decided, {digits} without +, {rest} what follows the rule's prefix",
    limits: "Limits",
    limitsHelp: "On all nodes together; emergency calls pass over them. Empty: none.",
    calls: "Calls at a time",
    second: "Calls a second",
    answered: "Answered, at least (%)",
    ring: "Rings within (ms)",
    wait: "Patience, ms",
    waitHelp: "Without any answer for so long, the next carrier is asked.",
    next: "Next carrier after",
    networks: "Its calls come from",
    networksHelp: "Networks such as 192.0.2.0/24, beside its addresses.",
    per: "Counted for",
    perUser: "each user",
    perAll: "all together",
    countries: "Countries",
    countriesHelp: "Two letters each, such as FR. Empty: all.",
    prefixes: "Numbers that begin with",
    callsDay: "Calls a day",
    minutes: "Minutes a day",
    cost: "Cost a day",
    action: "When it is too much",
    stop: "stop further calls and tell",
    alarm: "only tell",
    make: "Add",
    remove: "Remove",
    removeTitle: "Remove {{name}}?",
    callersCarrier: "Calls that only lead there are refused; rules that name it stand against it.",
    callersGuard: "Nothing stops calls that it would have stopped.",
    removed: "{{name}} is removed",
    registered: "registered",
    unregistered: "not registered",
    unreachable: "does not answer, left alone for a while",
    well: "in use",
  },
  de: {
    newCarrier: "Neuer Carrier",
    newGuard: "Neuer Wächter",
    name: "Name",
    nameHelp: "Regeln und Gesprächsdaten nennen ihn so. Er lässt sich später nicht ändern.",
    description: "Beschreibung",
    enabled: "In Gebrauch",
    addresses: "Adressen",
    addressesHelp: "host, host:port, nacheinander mit Kommas; ein Name wird nachgeschlagen (DNS SRV).",
    login: "Anmeldung",
    loginHelp:
      "Wenn der Carrier fragt, wer wir sind. Das Passwort liegt versiegelt und wird nie gezeigt; leer: Es bleibt.",
    loginUser: "Benutzer",
    password: "Passwort",
    number: "Wie er Nummern will",
    numberHelp: "{number} wie entschieden, {digits} ohne +, {rest} was auf den Anfang der Regel folgt",
    limits: "Grenzen",
    limitsHelp: "Auf allen Knoten zusammen; Notrufe gehen darüber. Leer: keine.",
    calls: "Gespräche zugleich",
    second: "Anrufe je Sekunde",
    answered: "Angenommen, mindestens (%)",
    ring: "Klingelt binnen (ms)",
    wait: "Geduld, ms",
    waitHelp: "Ohne jede Antwort so lange: Der nächste Carrier wird gefragt.",
    next: "Nächster Carrier nach",
    networks: "Seine Anrufe kommen von",
    networksHelp: "Netze wie 192.0.2.0/24, neben seinen Adressen.",
    per: "Gezählt für",
    perUser: "jeden Benutzer",
    perAll: "alle zusammen",
    countries: "Länder",
    countriesHelp: "Je zwei Buchstaben, etwa FR. Leer: alle.",
    prefixes: "Nummern, die beginnen mit",
    callsDay: "Anrufe am Tag",
    minutes: "Minuten am Tag",
    cost: "Kosten am Tag",
    action: "Wenn es zu viel ist",
    stop: "weitere Anrufe stoppen und melden",
    alarm: "nur melden",
    make: "Anlegen",
    remove: "Entfernen",
    removeTitle: "{{name}} entfernen?",
    callersCarrier:
      "Anrufe, die nur dorthin führen, werden abgelehnt; Regeln, die ihn nennen, stehen dem entgegen.",
    callersGuard: "Nichts hält mehr auf, was er aufgehalten hätte.",
    removed: "{{name}} ist entfernt",
    registered: "registriert",
    unregistered: "nicht registriert",
    unreachable: "antwortet nicht, wird eine Weile in Ruhe gelassen",
    well: "in Gebrauch",
  },
});

interface Address {
  host?: unknown;
  port?: unknown;
}

const isIp6 = (host: string): boolean => host.includes(":");

/** `[2001:db8::1]:5060, sip.carrier.example`. Pure. */
export const addressesText = (addresses: unknown): string =>
  (Array.isArray(addresses) ? (addresses as Address[]) : [])
    .map(({ host, port }) => {
      const name = String(host ?? "");
      if (port === undefined) return name;
      return `${isIp6(name) ? `[${name}]` : name}:${String(port)}`;
    })
    .join(", ");

/** The addresses that such a text means, each with what else was known of the same host. Pure. */
export function addressesFrom(text: string, before: unknown): Record<string, unknown>[] {
  const known = Array.isArray(before) ? before.filter(isDocument) : [];
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [, six, four, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(part) ?? [];
      const host = six ?? four ?? part;
      const { port: _, ...same } = known.find((one) => one.host === host) ?? {};
      return { ...same, host, ...(port !== undefined && { port: Number(port) }) };
    });
}

const partOf = (form: EntityFormApi, name: string): Record<string, unknown> => {
  const value = form.values[name];
  return isDocument(value) ? { ...value } : {};
};

/** Sets one member of a part of the document; the part goes when nothing is left in it. */
function setIn(form: EntityFormApi, part: string, name: string, value: unknown): void {
  const next = partOf(form, part);
  if (value === "" || value === undefined) delete next[name];
  else next[name] = value;
  form.setFieldValue(part, Object.keys(next).length === 0 ? undefined : next);
}

function useCarrierFields(readOnly: boolean): Record<string, FieldLook> {
  const t = useText();
  const limit = (form: EntityFormApi, name: string, label: string) => (
    <NumberInput
      label={label}
      min={0}
      allowDecimal={false}
      readOnly={readOnly}
      value={Number(partOf(form, "limits")[name] ?? Number.NaN) || ""}
      error={form.errors[`limits.${name}`]}
      onChange={(value) => setIn(form, "limits", name, value === "" ? "" : Number(value))}
    />
  );
  return {
    description: { label: t("description") },
    enabled: { label: t("enabled") },
    addresses: {
      label: t("addresses"),
      render: (form) => (
        <AddressesField
          key={form.key("addresses")}
          label={t("addresses")}
          help={t("addressesHelp")}
          form={form}
          readOnly={readOnly}
        />
      ),
    },
    login: {
      label: t("login"),
      render: (form) => (
        <Stack gap="sm">
          <div>
            <Text fw={500}>{t("login")}</Text>
            <Text size="sm" c="dimmed">
              {t("loginHelp")}
            </Text>
          </div>
          <TextInput
            label={t("loginUser")}
            readOnly={readOnly}
            autoComplete="off"
            value={String(partOf(form, "login").user ?? "")}
            error={form.errors["login.user"]}
            onChange={({ currentTarget }) => setIn(form, "login", "user", currentTarget.value)}
          />
          {!readOnly && (
            <PasswordInput
              label={t("password")}
              autoComplete="new-password"
              value={String(partOf(form, "login").password ?? "")}
              error={form.errors["login.password"]}
              onChange={({ currentTarget }) => setIn(form, "login", "password", currentTarget.value)}
            />
          )}
        </Stack>
      ),
    },
    number: { label: t("number"), help: t("numberHelp") },
    limits: {
      label: t("limits"),
      render: (form) => (
        <Stack gap="sm">
          <div>
            <Text fw={500}>{t("limits")}</Text>
            <Text size="sm" c="dimmed">
              {t("limitsHelp")}
            </Text>
          </div>
          {limit(form, "calls", t("calls"))}
          {limit(form, "calls_per_second", t("second"))}
          {limit(form, "min_answered_percent", t("answered"))}
          {limit(form, "max_ring_ms", t("ring"))}
        </Stack>
      ),
    },
    wait_ms: { label: t("wait"), help: t("waitHelp") },
    next_on: { label: t("next"), kind: "list" },
    networks: { label: t("networks"), help: t("networksHelp"), kind: "list" },
  };
}

function AddressesField({
  form,
  label,
  help,
  readOnly,
}: {
  form: EntityFormApi;
  label: string;
  help: string;
  readOnly: boolean;
}) {
  const error = Object.entries(form.errors).find(([path]) => path.startsWith("addresses"))?.[1];
  return (
    <TextInput
      required
      label={label}
      description={help}
      readOnly={readOnly}
      // What is typed is read when the field is left: half an address is none.
      defaultValue={addressesText(form.values.addresses)}
      error={error}
      onBlur={({ currentTarget }) =>
        form.setFieldValue("addresses", addressesFrom(currentTarget.value, form.values.addresses))
      }
    />
  );
}

function useGuardFields(): Record<string, FieldLook> {
  const t = useText();
  return {
    description: { label: t("description") },
    enabled: { label: t("enabled") },
    per: {
      label: t("per"),
      choices: [
        { value: "user", label: t("perUser") },
        { value: "all", label: t("perAll") },
      ],
    },
    number_country: { label: t("countries"), help: t("countriesHelp"), kind: "list" },
    prefixes: { label: t("prefixes"), kind: "list" },
    calls: { label: t("calls") },
    calls_per_day: { label: t("callsDay") },
    minutes_per_day: { label: t("minutes") },
    cost_per_day: { label: t("cost") },
    action: {
      label: t("action"),
      choices: [
        { value: "stop", label: t("stop") },
        { value: "alarm", label: t("alarm") },
      ],
    },
  };
}

/** The page of one carrier or guard, and of a new one: by its path. */
export default function CarrierPage() {
  const t = useText();
  const { pathname } = useLocation();
  const { name } = useParams({ strict: false });
  const { may } = useSession();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const cluster = useCluster();
  // A carrier may be called vanguard.
  const isGuard = pathname.includes(name === undefined ? "/new-guard" : "/guards/");
  const kind = isGuard ? "guards" : "carriers";
  const path = `/v1/${kind}/${encodeURIComponent(name ?? "")}`;
  const readOnly = !may("operator");
  const load = () => ask<Record<string, unknown>>("GET", path);
  const query = useQuery({ queryKey: [kind, name], enabled: name !== undefined, queryFn: load });
  const carrierFields = useCarrierFields(readOnly);
  const guardFields = useGuardFields();
  const fields = isGuard ? guardFields : carrierFields;
  const done = () => queries.invalidateQueries({ queryKey: [kind] });
  if (name === undefined)
    return (
      <>
        <PageHeader title={t(isGuard ? "newGuard" : "newCarrier")} />
        <Section>
          <EntityForm
            path={`/v1/${kind}`}
            method="post"
            fields={{ name: { label: t("name"), help: t("nameHelp") }, ...fields }}
            submit={t("make")}
            save={(body) => ask("POST", `/v1/${kind}`, { body })}
            saved={() => void done().then(() => navigate({ to: "/carriers" }))}
          />
        </Section>
      </>
    );
  if (isGone(query)) return <Gone name={name} to="/carriers" />;
  const state = isGuard ? undefined : carrierStates(cluster.data).get(name);
  return (
    <>
      <PageHeader
        title={name}
        lead={state && <Light state={state.light}>{t(state.word)}</Light>}
        actions={
          !readOnly && (
            <RemoveButton
              path={path}
              kind={kind}
              to="/carriers"
              question={{
                title: t("removeTitle", { name }),
                callers: t(isGuard ? "callersGuard" : "callersCarrier"),
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
              path={`/v1/${kind}/{name}`}
              method="put"
              fields={fields}
              initial={data}
              etag={etag}
              readOnly={readOnly}
              reload={load}
              save={(body, against) => ask("PUT", path, { body, headers: ifMatch(against) })}
              saved={() => void done()}
            />
          )}
        </Asked>
      </Section>
    </>
  );
}
