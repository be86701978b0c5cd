import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api } from "../../api/client.ts";
import { defineStrings } from "../../shell/i18n.ts";
import { type Document, inLine, isDocument } from "./documents.ts";
import classes from "./routing.module.css";
import { isEnabled, matchOf, priorityOf, targetFrom, targetText } from "./rules.ts";

const useText = defineStrings("rule-fields", {
  en: {
    name: "Name",
    nameHelp: "It stands in call records. It can not be changed later.",
    description: "Description",
    priority: "Priority",
    priorityHelp: "-1000 to 1000; higher is looked at first",
    on: "In force",
    when: "When",
    dialled: "What is dialled",
    any: "Any number",
    number: "This number",
    prefix: "Begins with",
    caller: "Caller's number",
    callerHelp: "Can be forged: to guard what costs money, ask for a password.",
    who: "Who calls",
    whoAny: "Anybody",
    whoUser: "Any user of ours",
    whoNamed: "This user",
    user: "User",
    source: "From this network",
    also: "And also",
    alsoHelp: "Flags, calendars, tables and all else are written in the document.",
    thenDo: "Then",
    action: "What happens",
    route: "Lead on",
    reject: "Refuse",
    redirect: "Send elsewhere (302)",
    script: "A script decides",
    ask: "A web application decides",
    order: "Order",
    serial: "One after the other",
    parallel: "All at once",
    target: "Target {{at}}",
    targetHelp:
      "A user's name, number:5000, carrier:main, carriers (the cheapest), farm:pbx, or sip:{number}@host",
    firstTarget: "A target",
    addTarget: "Another target",
    removeTarget: "Remove target {{at}}",
    seconds: "Seconds",
    record: "Record these calls",
    code: "SIP status code",
    reason: "Reason",
    to: "Addresses",
    scriptName: "Script",
    scripts: "Write scripts",
    url: "Address (URL)",
  },
  de: {
    name: "Name",
    nameHelp: "Er steht in Gesprächsdaten und lässt sich später nicht ändern.",
    description: "Beschreibung",
    priority: "Priorität",
    priorityHelp: "-1000 bis 1000; höhere werden zuerst angesehen",
    on: "In Kraft",
    when: "Wenn",
    dialled: "Was gewählt wird",
    any: "Jede Nummer",
    number: "Diese Nummer",
    prefix: "Beginnt mit",
    caller: "Nummer des Anrufers",
    callerHelp: "Lässt sich fälschen: Was Geld kostet, schützt nur ein Passwort.",
    who: "Wer anruft",
    whoAny: "Jeder",
    whoUser: "Jeder eigene Benutzer",
    whoNamed: "Dieser Benutzer",
    user: "Benutzer",
    source: "Aus diesem Netz",
    also: "Und außerdem",
    alsoHelp: "Schalter, Kalender, Tabellen und alles Weitere steht im Dokument.",
    thenDo: "Dann",
    action: "Was geschieht",
    route: "Weiterleiten",
    reject: "Ablehnen",
    redirect: "Anderswohin schicken (302)",
    script: "Ein Skript entscheidet",
    ask: "Eine Web-Anwendung entscheidet",
    order: "Reihenfolge",
    serial: "Nacheinander",
    parallel: "Alle zugleich",
    target: "Ziel {{at}}",
    targetHelp:
      "Ein Benutzer, number:5000, carrier:haupt, carriers (der billigste), farm:pbx oder sip:{number}@host",
    firstTarget: "Ein Ziel",
    addTarget: "Noch ein Ziel",
    removeTarget: "Ziel {{at}} entfernen",
    seconds: "Sekunden",
    record: "Diese Gespräche aufzeichnen",
    code: "SIP-Statuscode",
    reason: "Begründung",
    to: "Adressen",
    scriptName: "Skript",
    scripts: "Skripte schreiben",
    url: "Adresse (URL)",
  },
});

/** By path within the rule: `match.number`, `action.targets.0.user`. */
export type FieldErrors = Readonly<Record<string, string>>;

/** What the form itself has fields for. */
const shown = new Set(["number", "prefix", "caller", "user", "authenticated", "source"]);

const without = (document: Document, ...names: string[]): Document =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));

/** A rule's usual fields; what else it has stays as it is. */
export function RuleFields({
  newName,
  onNewName,
  rule,
  onChange,
  errors,
  readOnly,
}: {
  newName?: string;
  onNewName?: (name: string) => void;
  rule: Document;
  onChange: (rule: Document) => void;
  errors: FieldErrors;
  readOnly: boolean;
}) {
  const t = useText();
  return (
    <Stack gap="xl" maw={720}>
      <div className={classes.columns}>
        {onNewName && (
          <TextInput
            required
            label={t("name")}
            description={t("nameHelp")}
            value={newName}
            error={errors.name ?? errors.key ?? errors[""]}
            onChange={({ currentTarget }) => onNewName(currentTarget.value)}
          />
        )}
        <TextInput
          label={t("description")}
          {...(onNewName && { description: " " })}
          value={inLine(rule.description)}
          error={errors.description}
          readOnly={readOnly}
          onChange={({ currentTarget }) => onChange({ ...rule, description: currentTarget.value })}
        />
        <NumberInput
          label={t("priority")}
          description={t("priorityHelp")}
          min={-1000}
          max={1000}
          allowDecimal={false}
          value={priorityOf(rule)}
          error={errors.priority}
          readOnly={readOnly}
          onChange={(value) => onChange({ ...rule, priority: Number(value) })}
        />
      </div>
      <Switch
        label={t("on")}
        checked={isEnabled(rule)}
        disabled={readOnly}
        onChange={({ currentTarget }) => onChange({ ...rule, enabled: currentTarget.checked })}
      />
      <WhenFields rule={rule} onChange={onChange} errors={errors} readOnly={readOnly} />
      <ThenFields rule={rule} onChange={onChange} errors={errors} readOnly={readOnly} />
    </Stack>
  );
}

interface PartProps {
  rule: Document;
  onChange: (rule: Document) => void;
  errors: FieldErrors;
  readOnly: boolean;
}

function WhenFields({ rule, onChange, errors, readOnly }: PartProps) {
  const t = useText();
  const match = matchOf(rule);
  const set = (next: Document) => onChange({ ...rule, match: next });
  const by = match.number !== undefined ? "number" : match.prefix !== undefined ? "prefix" : "any";
  const who = match.user !== undefined ? "named" : match.authenticated === true ? "user" : "any";
  const more = Object.entries(match).filter(([name]) => !shown.has(name));
  const text = (name: string, value: string) =>
    set(value === "" ? without(match, name) : { ...match, [name]: value });
  return (
    <Stack gap="md">
      <Title order={2}>{t("when")}</Title>
      <Group align="flex-end" gap="sm">
        <SegmentedControl
          aria-label={t("dialled")}
          disabled={readOnly}
          value={by}
          onChange={(to) => {
            const value = inLine(match.number ?? match.prefix);
            set(
              to === "any"
                ? without(match, "number", "prefix")
                : { ...without(match, "number", "prefix"), [to]: value },
            );
          }}
          data={[
            { value: "any", label: t("any") },
            { value: "number", label: t("number") },
            { value: "prefix", label: t("prefix") },
          ]}
        />
        {by !== "any" && (
          <TextInput
            aria-label={t(by)}
            value={inLine(match[by])}
            error={errors[`match.${by}`]}
            readOnly={readOnly}
            onChange={({ currentTarget }) => set({ ...match, [by]: currentTarget.value })}
          />
        )}
      </Group>
      <div className={classes.columns}>
        <Select
          label={t("who")}
          allowDeselect={false}
          disabled={readOnly}
          value={who}
          onChange={(to) => {
            const rest = without(match, "user", "authenticated");
            set(
              to === "named"
                ? { ...rest, user: "" }
                : to === "user"
                  ? { ...rest, authenticated: true }
                  : rest,
            );
          }}
          data={[
            { value: "any", label: t("whoAny") },
            { value: "user", label: t("whoUser") },
            { value: "named", label: t("whoNamed") },
          ]}
        />
        {who === "named" && (
          <TextInput
            label={t("user")}
            value={inLine(match.user)}
            error={errors["match.user"]}
            readOnly={readOnly}
            onChange={({ currentTarget }) => set({ ...match, user: currentTarget.value })}
          />
        )}
        <TextInput
          label={t("source")}
          placeholder="192.0.2.0/24"
          value={inLine(match.source)}
          error={errors["match.source"]}
          readOnly={readOnly}
          onChange={({ currentTarget }) => text("source", currentTarget.value)}
        />
      </div>
      <TextInput
        label={t("caller")}
        description={t("callerHelp")}
        value={inLine(match.caller)}
        error={errors["match.caller"]}
        readOnly={readOnly}
        onChange={({ currentTarget }) => text("caller", currentTarget.value)}
      />
      {more.length > 0 && (
        <div>
          <Text fw={500}>{t("also")}</Text>
          {more.map(([name, value]) => (
            <div key={name} className={classes.mono}>
              {name}: {inLine(value)}
            </div>
          ))}
        </div>
      )}
      <Text size="sm" c="dimmed">
        {t("alsoHelp")}
      </Text>
    </Stack>
  );
}

/** What can be aimed at, by name. */
function usePlaces() {
  const query = { limit: 100 };
  return useQuery({
    queryKey: ["routing-places"],
    staleTime: 60_000,
    queryFn: async () => {
      const [users, groups, carriers, farms] = await Promise.all([
        answer(api.GET("/v1/users", { params: { query } })),
        answer(api.GET("/v1/groups", { params: { query } })),
        answer(api.GET("/v1/carriers", { params: { query } })),
        answer(api.GET("/v1/farms", { params: { query } })),
      ]);
      return [
        ...carriers.carriers.map(({ name }) => `carrier:${name}`),
        "carriers",
        ...farms.farms.map(({ name }) => `farm:${name}`),
        ...groups.groups.map(({ name }) => `number:${name}`),
        ...users.users.map(({ name }) => name),
      ];
    },
  });
}

const starts: Readonly<Record<string, Document>> = {
  route: { type: "route", strategy: "serial", targets: [{ type: "user", user: "" }] },
  reject: { type: "reject", code: 403, reason: "Forbidden" },
  redirect: { type: "redirect", to: [""] },
  script: { type: "script", script: "" },
  ask: { type: "ask", url: "" },
};

function ThenFields({ rule, onChange, errors, readOnly }: PartProps) {
  const t = useText();
  const action = isDocument(rule.action) ? rule.action : (starts.route ?? {});
  const type = inLine(action.type);
  const set = (next: Document) => onChange({ ...rule, action: next });
  return (
    <Stack gap="md">
      <Title order={2}>{t("thenDo")}</Title>
      <Select
        label={t("action")}
        allowDeselect={false}
        disabled={readOnly}
        maw={320}
        value={type}
        onChange={(to) => to !== null && to !== type && set(starts[to] ?? action)}
        data={(["route", "reject", "redirect", "script", "ask"] as const).map((value) => ({
          value,
          label: t(value),
        }))}
      />
      {type === "route" && <RouteFields action={action} set={set} errors={errors} readOnly={readOnly} />}
      {type === "reject" && (
        <div className={classes.columns}>
          <NumberInput
            label={t("code")}
            min={300}
            max={699}
            value={Number(action.code ?? 403)}
            error={errors["action.code"]}
            readOnly={readOnly}
            onChange={(value) => set({ ...action, code: Number(value) })}
          />
          <TextInput
            label={t("reason")}
            value={inLine(action.reason)}
            error={errors["action.reason"]}
            readOnly={readOnly}
            onChange={({ currentTarget }) => set({ ...action, reason: currentTarget.value })}
          />
        </div>
      )}
      {type === "redirect" && (
        <TextInput
          label={t("to")}
          placeholder="sip:desk@192.0.2.1"
          value={Array.isArray(action.to) ? action.to.join(", ") : ""}
          error={errors["action.to"] ?? errors["action.to.0"]}
          readOnly={readOnly}
          onChange={({ currentTarget }) => set({ ...action, to: currentTarget.value.split(/, */) })}
        />
      )}
      {type === "script" && (
        <TextInput
          label={t("scriptName")}
          description={<Link to="/routing/scripts">{t("scripts")}</Link>}
          value={inLine(action.script)}
          error={errors["action.script"]}
          readOnly={readOnly}
          onChange={({ currentTarget }) => set({ ...action, script: currentTarget.value })}
        />
      )}
      {type === "ask" && (
        <TextInput
          label={t("url")}
          placeholder="https://crm.example/decide"
          value={inLine(action.url)}
          error={errors["action.url"]}
          readOnly={readOnly}
          onChange={({ currentTarget }) => set({ ...action, url: currentTarget.value })}
        />
      )}
    </Stack>
  );
}

function RouteFields({
  action,
  set,
  errors,
  readOnly,
}: {
  action: Document;
  set: (action: Document) => void;
  errors: FieldErrors;
  readOnly: boolean;
}) {
  const t = useText();
  const places = usePlaces();
  const targets: unknown[] = Array.isArray(action.targets) ? action.targets : [];
  const setTargets = (next: unknown[]) => set({ ...action, targets: next });
  const errorAt = (at: number) =>
    Object.entries(errors).find(
      ([path]) => path.startsWith(`action.targets.${at}.`) || path === `action.targets.${at}`,
    )?.[1];
  return (
    <>
      <SegmentedControl
        aria-label={t("order")}
        disabled={readOnly}
        w="fit-content"
        value={action.strategy === "parallel" ? "parallel" : "serial"}
        onChange={(strategy) => set({ ...action, strategy })}
        data={[
          { value: "serial", label: t("serial") },
          { value: "parallel", label: t("parallel") },
        ]}
      />
      <div>
        {targets.map((target, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a target has no name of its own, and its place is what it is
          <div key={at} className={classes.target}>
            <Autocomplete
              aria-label={t("target", { at: at + 1 })}
              data={[...new Set(places.data ?? [])]}
              limit={20}
              value={targetText(target)}
              error={errorAt(at)}
              readOnly={readOnly}
              onChange={(text) =>
                setTargets(targets.map((one, index) => (index === at ? targetFrom(text, one) : one)))
              }
            />
            <NumberInput
              aria-label={`${t("seconds")}, ${t("target", { at: at + 1 })}`}
              placeholder={t("seconds")}
              w={110}
              min={1}
              max={300}
              value={
                isDocument(target) && typeof target.timeout_ms === "number" ? target.timeout_ms / 1000 : ""
              }
              readOnly={readOnly}
              onChange={(value) =>
                setTargets(
                  targets.map((one, index) =>
                    index !== at || !isDocument(one)
                      ? one
                      : value === ""
                        ? without(one, "timeout_ms")
                        : { ...one, timeout_ms: Number(value) * 1000 },
                  ),
                )
              }
            />
            {!readOnly && (
              <ActionIcon
                size="lg"
                aria-label={t("removeTarget", { at: at + 1 })}
                onClick={() => setTargets(targets.filter((_, index) => index !== at))}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            )}
          </div>
        ))}
        {errors["action.targets"] !== undefined && (
          <Text c="var(--mantine-color-error)" size="sm" mb="xs">
            {errors["action.targets"]}
          </Text>
        )}
        {!readOnly && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => setTargets([...targets, { type: "user", user: "" }])}
          >
            {t(targets.length === 0 ? "firstTarget" : "addTarget")}
          </Button>
        )}
        <Text size="sm" c="dimmed" mt="xs">
          {t("targetHelp")}
        </Text>
      </div>
      <Switch
        label={t("record")}
        checked={action.record === true}
        disabled={readOnly}
        onChange={({ currentTarget }) => set({ ...action, record: currentTarget.checked })}
      />
    </>
  );
}
