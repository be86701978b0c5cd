import { ActionIcon, Anchor, Button, Radio, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { paths } from "../../api/schema.ts";
import { type Person, useSession, useSessionState } from "../../api/session.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { userPath } from "../users/users.tsx";
import classes from "./begin.module.css";
import { StepFrame, useSending, type Ways } from "./frame.tsx";
import { extensionsFor, newPassword, passwordLength } from "./guess.ts";
import { change, faultsOf, isThere, make, put, useTyped } from "./keep.ts";
import { noNumbers } from "./numbers.tsx";
import { type Made, useMadeMore } from "./progress.ts";
import { type Telephone, Telephones } from "./telephones.tsx";

const useText = defineStrings("begin-people", {
  en: {
    title: "Who makes calls?",
    lead: "Yourself and one other are enough to begin with. Everybody gets a short number and a password that is made up for them.",
    extension: "Short number",
    display: "Name",
    number: "Rings for",
    noNumber: "no number",
    add: "One more",
    remove: "Remove {{name}}",
    me: "Which of them is you?",
    meHelp: "Its calls, its settings and the telephone in the browser are then yours.",
    nobody: "none of them",
    have: "Who is there already",
    you: "you",
    row: "Telephone {{count}}",
    exists: "There is one already",
    given: "Given twice",
    typeIn: "Their telephones",
  },
  de: {
    title: "Wer telefoniert?",
    lead: "Für den Anfang genügen Sie und noch jemand. Alle bekommen eine kurze Nummer und ein ausgedachtes Passwort.",
    extension: "Kurze Nummer",
    display: "Name",
    number: "Klingelt für",
    noNumber: "keine Nummer",
    add: "Noch jemand",
    remove: "{{name}} entfernen",
    me: "Wer davon sind Sie?",
    meHelp: "Dessen Anrufe und Einstellungen und das Telefon im Browser gehören dann Ihnen.",
    nobody: "niemand davon",
    have: "Wer schon da ist",
    you: "Sie",
    row: "Telefon {{count}}",
    exists: "Das gibt es schon",
    given: "Zweimal vergeben",
    typeIn: "Ihre Telefone",
  },
});

interface Row {
  name: string;
  display: string;
  number: string | null;
}

interface Values {
  rows: Row[];
  /** The name of one's own telephone. */
  me: string;
}

type Self = paths["/v1/people/{name}"]["get"]["responses"][200]["content"]["application/json"];

/** Of this page as long as it is open: passwords are kept nowhere. */
const madeHere: Telephone[] = [];

const freeNumbers = (typed: readonly string[], { numbers }: Made): string[] =>
  typed.filter((number) => !numbers.some((one) => one.number === number));

/** Short numbers that nobody has. */
function extensions(made: Made, rows: readonly Row[], count: number): string[] {
  const range = made.ranges.find(({ extension_digits: digits }) => digits !== undefined);
  const block = range?.extension_digits && {
    first: range.first,
    last: range.last,
    digits: range.extension_digits,
  };
  const taken = [...made.users, ...rows].map(({ name }) => name);
  return extensionsFor(block || undefined, count, new Set(taken));
}

function propose(made: Made, person: Person): Values {
  const mine = person.user === undefined;
  const count = made.users.length === 0 ? 2 : mine ? 1 : 0;
  const rows = extensions(made, [], count).map((name, at) => ({
    name,
    display: at === 0 && mine ? person.display || person.name : "",
    number: null,
  }));
  return { rows, me: mine ? (rows[0]?.name ?? "") : "" };
}

export function PeopleStep({ made, ways }: { made: Made; ways: Ways }) {
  const t = useText();
  const { person, may } = useSession();
  const { refresh } = useSessionState();
  const madeMore = useMadeMore();
  const [{ numbers }] = useTyped("numbers", noNumbers);
  const [typed, keep] = useTyped("people", propose(made, person));
  const form = useForm<Values>({ initialValues: typed, onValuesChange: keep });
  const [shown, setShown] = useState<readonly Telephone[]>(madeHere);
  const { rows, me } = form.values;
  const free = freeNumbers(numbers, made);
  const mayBe = may("administrator") && person.user === undefined;

  const doubles = (): boolean => {
    const twice = rows.findIndex(({ name }, at) => rows.findIndex((row) => row.name === name) < at);
    if (twice >= 0) form.setFieldError(`rows.${twice}.name`, t("given"));
    return twice >= 0;
  };
  const makeOne = async ({ name, display }: Row): Promise<void> => {
    const password = newPassword(crypto.getRandomValues(new Uint8Array(passwordLength)));
    await make("/v1/users", { name: name.trim(), password, display: display.trim() });
    madeHere.push({ name: name.trim(), display: display.trim(), password });
    setShown([...madeHere]);
  };
  const becomeMe = async (user: string): Promise<void> => {
    await change<Self>(
      `/v1/people/${encodeURIComponent(person.name)}`,
      ({ display, role, scope, enabled }) => ({
        display,
        role,
        scope,
        enabled,
        user,
      }),
    );
    await refresh();
  };
  const send = async () => {
    if (doubles()) return;
    let left = rows;
    try {
      for (const row of rows) {
        await makeOne(row);
        left = left.slice(1);
        const { name, number } = row;
        if (number !== null) await put(`/v1/numbers/${encodeURIComponent(number)}`, { user: name.trim() });
      }
      if (mayBe && me !== "") await becomeMe(me);
      keep(undefined);
      form.setValues({ rows: [], me: "" });
    } catch (error) {
      // Those that were made stand above; what is left can be mended and sent again.
      form.setFieldValue("rows", left);
      throw error;
    } finally {
      await madeMore();
    }
  };
  const sending = useSending(form, send, (error) => {
    const { at, rest } = faultsOf(error, ["name", "display"]);
    const exists = isThere(error);
    form.setErrors({
      ...(at.display && { "rows.0.display": at.display }),
      ...((exists || at.name) && { "rows.0.name": exists ? t("exists") : at.name }),
    });
    return exists ? undefined : rest;
  });
  const others = made.users.filter(({ name }) => !shown.some((one) => one.name === name));
  const candidates = [...rows.map(({ name, display }) => ({ name, display })), ...made.users].filter(
    ({ name }) => name !== "",
  );
  const nothingNew = rows.length === 0 && !(mayBe && me !== "");
  return (
    <StepFrame
      title={t("title")}
      lead={t("lead")}
      ways={ways}
      {...sending}
      submit={nothingNew ? undefined : sending.submit}
      done={made.users.length > 0}
    >
      {shown.length > 0 && (
        <div>
          <Text fw={500} mb={4}>
            {t("typeIn")}
          </Text>
          <Telephones telephones={shown} />
        </div>
      )}
      {others.length > 0 && (
        <div>
          <Text fw={500}>{t("have")}</Text>
          <ul className={classes.made}>
            {others.map(({ name, display }) => (
              <li key={name}>
                <Anchor component={Link} to={userPath(name)}>
                  {name}
                </Anchor>
                <span className={classes.grow}>
                  {display} {name === person.user && `(${t("you")})`}
                </span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <Stack gap="md">
        {rows.map((row, at) => (
          <fieldset
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have nothing else that stays
            key={at}
            className={classes.person}
            data-numbers={free.length > 0 || undefined}
            aria-label={t("row", { count: at + 1 })}
          >
            <TextInput
              label={t("extension")}
              autoComplete="off"
              required
              {...form.getInputProps(`rows.${at}.name`)}
              onChange={({ currentTarget: { value } }) => {
                if (me !== "" && row.name === me) form.setFieldValue("me", value);
                form.setFieldValue(`rows.${at}.name`, value);
              }}
            />
            <TextInput
              label={t("display")}
              autoComplete="off"
              {...form.getInputProps(`rows.${at}.display`)}
            />
            {free.length > 0 && (
              <Select
                openOnFocus={false}
                label={t("number")}
                placeholder={t("noNumber")}
                data={free.filter(
                  (number) => row.number === number || !rows.some((other) => other.number === number),
                )}
                clearable
                {...form.getInputProps(`rows.${at}.number`)}
              />
            )}
            <ActionIcon
              mt={26}
              size="lg"
              aria-label={t("remove", { name: row.name })}
              onClick={() => form.removeListItem("rows", at)}
            >
              <IconTrash size={18} stroke={1.6} aria-hidden />
            </ActionIcon>
          </fieldset>
        ))}
        <Button
          variant="subtle"
          w="fit-content"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => {
            const [name = ""] = extensions(made, rows, 1);
            form.setFieldValue("rows", [...rows, { name, display: "", number: null }]);
          }}
        >
          {t("add")}
        </Button>
      </Stack>
      {mayBe && candidates.length > 0 && (
        <Radio.Group label={t("me")} description={t("meHelp")} {...form.getInputProps("me")}>
          <Stack gap="xs" mt="xs">
            {candidates.slice(0, 10).map(({ name, display }) => (
              <Radio key={name} value={name} label={display === "" ? name : `${display} (${name})`} />
            ))}
            <Radio value="" label={t("nobody")} />
          </Stack>
        </Radio.Group>
      )}
    </StepFrame>
  );
}
