import { Anchor, NumberInput, PasswordInput, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useCluster } from "../../api/cluster.ts";
import { Light } from "../../kit/light.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { carrierPath } from "../carriers/carriers.tsx";
import { carrierStates } from "../carriers/states.ts";
import classes from "./begin.module.css";
import { StepFrame, useSending, type Ways } from "./frame.tsx";
import { addressOf, carrierNameOf, numberForms, rulesOutside } from "./guess.ts";
import { faultsOf, isThere, make, put, useTyped } from "./keep.ts";
import { type Made, useMadeMore } from "./progress.ts";

const useText = defineStrings("begin-carrier", {
  en: {
    title: "Who takes calls to the world?",
    lead: "Your carrier's letter has what is asked here. Without one, people here call each other, and that is all.",
    address: "Address of the carrier",
    addressHelp: "Such as sip.carrier.example, or 192.0.2.7:5060.",
    user: "User",
    userHelp: "Empty when it knows you by your address.",
    password: "Password",
    passwordHelp: "Kept sealed, and never shown again.",
    register: "Register there",
    registerHelp: "So that it finds you when somebody calls one of your numbers.",
    form: "How it wants numbers",
    guard: "Stop who calls out too much",
    guardHelp:
      "Nothing else keeps a stolen password from calling abroad all night. Emergency calls always go through.",
    minutes: "Minutes a day, each user",
    name: "Name",
    have: "What is there",
    rules: "Calls to the world go there by two rules, which come with it: {{emergency}} and {{outside}}.",
    registered: "registered",
    unregistered: "not registered",
    unreachable: "does not answer",
    well: "in use",
    off: "off",
    exists: "There is a carrier of this name already",
  },
  de: {
    title: "Wer nimmt Anrufe in die Welt an?",
    lead: "Was hier gefragt wird, steht im Brief Ihres Carriers. Ohne einen rufen die Leute hier einander an, und sonst niemanden.",
    address: "Adresse des Carriers",
    addressHelp: "Etwa sip.carrier.example oder 192.0.2.7:5060.",
    user: "Benutzer",
    userHelp: "Leer, wenn er Sie an Ihrer Adresse erkennt.",
    password: "Passwort",
    passwordHelp: "Liegt versiegelt und wird nie wieder gezeigt.",
    register: "Dort anmelden",
    registerHelp: "Damit er Sie findet, wenn jemand eine Ihrer Nummern anruft.",
    form: "Wie er Nummern will",
    guard: "Aufhalten, wer zu viel nach draußen telefoniert",
    guardHelp:
      "Sonst hindert nichts ein gestohlenes Passwort daran, die ganze Nacht ins Ausland zu telefonieren. Notrufe gehen immer durch.",
    minutes: "Minuten am Tag, jeder Benutzer",
    name: "Name",
    have: "Was es gibt",
    rules:
      "Anrufe in die Welt gehen durch zwei Regeln dorthin, die mit ihm kommen: {{emergency}} und {{outside}}.",
    registered: "registriert",
    unregistered: "nicht registriert",
    unreachable: "antwortet nicht",
    well: "in Gebrauch",
    off: "aus",
    exists: "Einen Carrier dieses Namens gibt es schon",
  },
});

/** What is kept while it is typed: all but the password. */
interface Typed {
  address: string;
  name: string;
  user: string;
  register: boolean;
  form: string;
  guard: boolean;
  minutes: number | string;
}

const blank: Typed = {
  address: "",
  name: "",
  user: "",
  register: true,
  form: "{number}",
  guard: true,
  minutes: 300,
};

const examples: Record<string, string> = {
  "{number}": "+49301234567",
  "00{digits}": "0049301234567",
  "{digits}": "49301234567",
};

const guardName = "minutes-a-day";

function Have({ made }: { made: Made }) {
  const t = useText();
  const states = carrierStates(useCluster().data);
  return (
    <div>
      <Text fw={500}>{t("have")}</Text>
      <ul className={classes.made}>
        {made.carriers.map(({ name, addresses, enabled }) => {
          const state = states.get(name);
          return (
            <li key={name}>
              <Anchor component={Link} to={carrierPath(name)}>
                {name}
              </Anchor>
              <span className={classes.grow}>{addresses.map(({ host }) => host).join(", ")}</span>
              {enabled ? (
                state && <Light state={state.light}>{t(state.word)}</Light>
              ) : (
                <Light state="idle">{t("off")}</Light>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

export function CarrierStep({ made, ways }: { made: Made; ways: Ways }) {
  const t = useText();
  if (made.carriers.length === 0) return <NewCarrier ways={ways} />;
  return (
    <StepFrame title={t("title")} lead={t("lead")} ways={ways}>
      <Have made={made} />
    </StepFrame>
  );
}

function NewCarrier({ ways }: { ways: Ways }) {
  const t = useText();
  const madeMore = useMadeMore();
  const [typed, keep] = useTyped("carrier", blank);
  const form = useForm<Typed & { password: string }>({
    initialValues: { ...typed, password: "" },
    onValuesChange: ({ password: _, ...rest }) => keep(rest),
  });
  const { address, user, password, register, guard, minutes } = form.values;
  const name = form.values.name.trim() || carrierNameOf(address);
  const send = async () => {
    await make("/v1/carriers", {
      name,
      addresses: [addressOf(address)],
      number: form.values.form,
      ...(user.trim() !== "" && { login: { user: user.trim(), password } }),
      ...(user.trim() !== "" && register && { register: {} }),
    });
    for (const [rule, body] of Object.entries(rulesOutside)) await put(`/v1/routes/${rule}`, body);
    if (guard) await put(`/v1/guards/${guardName}`, { per: "user", minutes_per_day: Number(minutes) });
    keep(undefined);
    await madeMore();
  };
  const sending = useSending(form, send, (error) => {
    const { at, rest } = faultsOf(error, ["name", "addresses", "login", "number", "minutes_per_day"]);
    const exists = isThere(error);
    form.setErrors({
      ...(at.addresses && { address: at.addresses }),
      ...(at.login && { [password === "" ? "password" : "user"]: at.login }),
      ...(at.number && { form: at.number }),
      ...(at.minutes_per_day && { minutes: at.minutes_per_day }),
      ...((exists || at.name) && { name: exists ? t("exists") : at.name }),
    });
    return exists ? undefined : rest;
  });
  return (
    <StepFrame title={t("title")} lead={t("lead")} ways={ways} {...sending}>
      <TextInput
        label={t("address")}
        description={t("addressHelp")}
        autoComplete="off"
        spellCheck={false}
        required
        {...form.getInputProps("address")}
      />
      <TextInput label={t("name")} placeholder={name} autoComplete="off" {...form.getInputProps("name")} />
      <TextInput
        label={t("user")}
        description={t("userHelp")}
        autoComplete="off"
        spellCheck={false}
        {...form.getInputProps("user")}
      />
      {user.trim() !== "" && (
        <Stack gap="lg">
          <PasswordInput
            label={t("password")}
            description={t("passwordHelp")}
            autoComplete="new-password"
            required
            {...form.getInputProps("password")}
          />
          <Switch
            label={t("register")}
            description={t("registerHelp")}
            {...form.getInputProps("register", { type: "checkbox" })}
          />
        </Stack>
      )}
      <Select
        openOnFocus={false}
        label={t("form")}
        data={numberForms.map((value) => ({ value, label: examples[value] ?? value }))}
        allowDeselect={false}
        {...form.getInputProps("form")}
      />
      <Switch
        label={t("guard")}
        description={t("guardHelp")}
        {...form.getInputProps("guard", { type: "checkbox" })}
      />
      {guard && (
        <NumberInput
          label={t("minutes")}
          min={1}
          allowDecimal={false}
          maw={220}
          {...form.getInputProps("minutes")}
        />
      )}
      <Text size="sm" c="dimmed">
        {t("rules", { emergency: "emergency", outside: "outside" })}
      </Text>
    </StepFrame>
  );
}
