import {
  Alert,
  Button,
  Group,
  NumberInput,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { ask } from "../api/client.ts";
import { ApiProblem, messageOf } from "../api/problem.ts";
import { useSession } from "../api/session.tsx";
import { defineStrings } from "../shell/i18n.ts";
import { useConfirm } from "./confirm.tsx";
import { Asked } from "./empty.tsx";
import { fieldOf } from "./field-errors.ts";
import { NewPassword } from "./new-password.tsx";
import { Refused } from "./refused.tsx";
import { blankOf, bodyOf, differing, fieldsOf, type JsonSchema, type SchemaField } from "./schema-fields.ts";
import { tellDone } from "./tell.ts";

const useText = defineStrings("form", {
  en: {
    save: "Save",
    reset: "Discard changes",
    saved: "Saved",
    other: "Not saved",
    leave: "Leave without saving?",
    leaveWhat: "What you typed here would be lost.",
    leaveDo: "Leave",
    conflict: "Somebody else changed this meanwhile",
    conflictWhat: "Nothing you typed is lost. They changed: {{fields}}. Yours differs there.",
    mine: "Save mine over it",
    theirs: "Take theirs",
    merge: "Keep both: take theirs where I typed nothing",
    readOnly: "Nothing can be saved at the moment: the database has no majority. What you typed stays here.",
    notYours: "You may look at this, not change it.",
  },
  de: {
    save: "Speichern",
    reset: "Änderungen verwerfen",
    saved: "Gespeichert",
    other: "Nicht gespeichert",
    leave: "Verlassen, ohne zu speichern?",
    leaveWhat: "Was Sie hier eingetippt haben, ginge verloren.",
    leaveDo: "Verlassen",
    conflict: "Jemand anders hat das inzwischen geändert",
    conflictWhat:
      "Nichts von dem, was Sie eingetippt haben, ist verloren. Geändert wurde: {{fields}}. Ihre Fassung weicht dort ab.",
    mine: "Meine Fassung darüber speichern",
    theirs: "Die andere nehmen",
    merge: "Beides behalten: die andere, wo ich nichts eingetippt habe",
    readOnly:
      "Im Moment kann nichts gespeichert werden: Die Datenbank hat keine Mehrheit. Was Sie eingetippt haben, bleibt hier.",
    notYours: "Sie dürfen das ansehen, nicht ändern.",
  },
});

type Values = Record<string, unknown>;
export type EntityFormApi = UseFormReturnType<Values>;

/** How a field is shown. Only fields that are named are shown, in the order in which they are named. */
export interface FieldLook {
  label: string;
  help?: ReactNode;
  /** In place of what the schema says. */
  kind?: SchemaField["kind"] | "password" | "long";
  /** Of a password: so many characters. */
  least?: number;
  /** Names of choices. */
  choices?: readonly { value: string; label: string }[];
  placeholder?: string;
  disabled?: boolean;
  /** For what is no flat field; errors of fields within it are at `form.errors`, by path `features.forward.0.to`. */
  render?: (form: EntityFormApi) => ReactNode;
}

/** The document of the app's API: asked for once. */
export const useOpenApi = () =>
  useQuery({
    queryKey: ["openapi"],
    queryFn: async () => (await ask<OpenApi>("GET", "/openapi.json")).data,
    staleTime: Number.POSITIVE_INFINITY,
  });

interface OpenApi {
  paths: Record<
    string,
    Record<string, { requestBody?: { content?: Record<string, { schema?: JsonSchema }> } }>
  >;
  components?: { schemas?: Record<string, JsonSchema> };
}

export interface EntityFormProps {
  /** Whose body is written, as the document names it: `/v1/users`, `/v1/users/{name}`. */
  path: string;
  method: "post" | "put";
  fields: Readonly<Record<string, FieldLook>>;
  /** What is there now; missing: something new. */
  initial?: Readonly<Record<string, unknown>>;
  /** Of `initial`. */
  etag?: string | undefined;
  /**
   * Sends it. @param etag for `If-Match`; undefined: whatever is there @returns the answer, with the new ETag
   * @throws ApiProblem: what is wrong is shown at its field; 409 `conflict` and 412 as somebody else's change
   */
  save: (body: Values, etag: string | undefined) => Promise<unknown>;
  /** What is there now, after somebody else changed it. */
  reload?: () => Promise<{ data: Values; etag: string | undefined }>;
  submit?: string;
  /** After it was saved; the form is not thought of as changed any more. */
  saved?: (body: Values) => void;
  /** Of somebody who may not change it. */
  readOnly?: boolean;
}

/** A form for one thing, its fields from the API's own schema. */
export function EntityForm(props: EntityFormProps) {
  const query = useOpenApi();
  return (
    <Asked query={query}>
      {({ paths, components }) => {
        const body = paths[props.path]?.[props.method]?.requestBody?.content?.["application/json"]?.schema;
        if (!body) throw new Error(`the API has no body of ${props.method} ${props.path}`);
        return <Fields {...props} known={fieldsOf(body, components?.schemas)} />;
      }}
    </Asked>
  );
}

const isConflict = (error: unknown): boolean =>
  error instanceof ApiProblem && (error.status === 412 || error.code === "conflict");

/** Of what is there now: until it is asked for anew. */
const tagOf = (answer: unknown): string | undefined =>
  typeof answer === "object" && answer !== null && "etag" in answer && typeof answer.etag === "string"
    ? answer.etag
    : undefined;

function Fields({
  known,
  fields,
  initial,
  etag,
  save,
  reload,
  submit,
  saved,
  readOnly = false,
}: EntityFormProps & { known: readonly SchemaField[] }) {
  const t = useText();
  const { writable } = useSession();
  const confirm = useConfirm();
  const looks = Object.entries(fields).map(([name, look]) => ({
    look,
    field: known.find((field) => field.name === name) ?? other(name),
  }));
  const start = (document: Readonly<Values>): Values => ({
    ...document,
    ...Object.fromEntries(looks.map(({ field }) => [field.name, document[field.name] ?? blankOf(field)])),
  });
  const form = useForm<Values>({ initialValues: start(initial ?? {}) });
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<{ data: Values; etag: string | undefined }>();
  const element = useRef<HTMLFormElement>(null);
  const known$ = useRef({ etag, base: form.getInitialValues() });
  const dirty = form.isDirty();
  const dirtyNow = useRef(dirty);
  dirtyNow.current = dirty;

  // What was asked for anew replaces what nobody typed into yet.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what came anew counts
  useEffect(() => {
    if (dirtyNow.current || initial === undefined) return;
    const values = start(initial);
    form.setInitialValues(values);
    form.setValues(values);
    known$.current = { etag, base: values };
  }, [initial, etag]);

  useBlocker({
    shouldBlockFn: async () =>
      dirtyNow.current && !(await confirm({ title: t("leave"), what: t("leaveWhat"), action: t("leaveDo") })),
    enableBeforeUnload: () => dirtyNow.current,
  });

  const send = async (values: Values, against: string | undefined) => {
    setBusy(true);
    setFault(undefined);
    try {
      const body = bodyOf(known, values);
      const tag = tagOf(await save(body, against));
      known$.current = { etag: tag, base: values };
      dirtyNow.current = false;
      form.setInitialValues(values);
      form.setValues(values);
      setTheirs(undefined);
      tellDone(t("saved"));
      saved?.(body);
    } catch (error) {
      // What is there already is known by the first thing that is asked for.
      const [key] = Object.keys(fields);
      const taken =
        error instanceof ApiProblem &&
        error.code === "exists" &&
        error.errors.length === 0 &&
        key !== undefined;
      if (taken) form.setFieldError(key, messageOf(error));
      if (isConflict(error) && reload) setTheirs(await reload().catch(() => undefined));
      const errors = error instanceof ApiProblem ? error.errors : [];
      const elsewhere: string[] = [];
      // At once: whether a field shows it is looked at below, which came first where the browser was busy.
      flushSync(() => {
        for (const { path, message } of errors) {
          const at = fieldOf(path);
          const [name = ""] = at.split(".");
          const look = fields[name];
          // What is wrong with one of a list's entries is shown at the list: an entry has no place of its own.
          if (look) form.setFieldError(look.render ? at : name, message);
          else elsewhere.push(`${path}: ${message}`);
        }
      });
      if ((errors.length === 0 && !taken) || elsewhere.length > 0)
        setFault([messageOf(error), ...elsewhere].join("\n"));
      // To the first field that is wrong; where none shows it, it is told below.
      requestAnimationFrame(() => {
        const within = element.current;
        within?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
        // (Mantine names the text of a field's fault so; not each of its inputs is marked as invalid.)
        if (errors.length > 0 && within?.querySelector("[id$='-error']") === null)
          setFault(
            [messageOf(error), ...errors.map(({ path, message }) => `${path}: ${message}`)].join("\n"),
          );
      });
    } finally {
      setBusy(false);
    }
  };

  const nameOf = (name: string) => fields[name]?.label ?? name;
  const disabled = readOnly || busy;
  return (
    <form
      ref={element}
      noValidate
      onSubmit={form.onSubmit((values) => void send(values, known$.current.etag))}
    >
      <Stack gap="lg" maw={560}>
        {readOnly && <Text c="dimmed">{t("notYours")}</Text>}
        {theirs && (
          <Alert
            color="yellow"
            variant="light"
            icon={<IconUsers size={18} />}
            title={t("conflict")}
            role="alert"
          >
            <Text size="sm">
              {t("conflictWhat", {
                fields: differing(known$.current.base, start(theirs.data)).map(nameOf).join(", "),
              })}
            </Text>
            <Group gap="xs" mt="sm">
              <Button
                size="xs"
                onClick={() => {
                  const mine = form.getValues();
                  const changed = differing(known$.current.base, mine);
                  const merged = {
                    ...start(theirs.data),
                    ...Object.fromEntries(changed.map((name) => [name, mine[name]])),
                  };
                  known$.current = { etag: theirs.etag, base: start(theirs.data) };
                  form.setInitialValues(start(theirs.data));
                  form.setValues(merged);
                  setTheirs(undefined);
                  setFault(undefined);
                }}
              >
                {t("merge")}
              </Button>
              <Button
                size="xs"
                variant="default"
                onClick={() => {
                  const values = start(theirs.data);
                  known$.current = { etag: theirs.etag, base: values };
                  form.setInitialValues(values);
                  form.setValues(values);
                  setTheirs(undefined);
                  setFault(undefined);
                }}
              >
                {t("theirs")}
              </Button>
              <Button size="xs" variant="default" onClick={() => void send(form.getValues(), theirs.etag)}>
                {t("mine")}
              </Button>
            </Group>
          </Alert>
        )}
        {looks.map(({ field, look }) => (
          <div key={field.name}>
            {look.render ? (
              look.render(form)
            ) : (
              <Input field={field} look={look} form={form} disabled={disabled} />
            )}
          </div>
        ))}
        {!theirs && <Refused fault={fault} title={t("other")} />}
        {!readOnly && (
          <Group gap="xs">
            <Button type="submit" loading={busy} disabled={!writable || (initial !== undefined && !dirty)}>
              {submit ?? t("save")}
            </Button>
            {dirty && initial !== undefined && (
              <Button variant="subtle" color="gray" onClick={() => form.reset()}>
                {t("reset")}
              </Button>
            )}
          </Group>
        )}
        {!writable && <Text c="dimmed">{t("readOnly")}</Text>}
      </Stack>
    </form>
  );
}

/** A field that the schema does not name: whoever shows it says how. */
const other = (name: string): SchemaField => ({
  name,
  kind: "other",
  required: false,
  nullable: false,
  description: undefined,
  initial: undefined,
  choices: [],
  min: undefined,
  max: undefined,
});

function Input({
  field,
  look,
  form,
  disabled,
}: {
  field: SchemaField;
  look: FieldLook;
  form: EntityFormApi;
  disabled: boolean;
}) {
  const kind = look.kind ?? field.kind;
  const same = {
    label: look.label,
    description: look.help,
    disabled: disabled || look.disabled === true,
    ...(field.required && { required: true }),
  };
  const text = { ...same, ...(look.placeholder !== undefined && { placeholder: look.placeholder }) };
  const bound = form.getInputProps(field.name);
  switch (kind) {
    case "switch":
      return <Switch {...same} {...form.getInputProps(field.name, { type: "checkbox" })} />;
    case "number":
      return (
        <NumberInput
          {...text}
          {...bound}
          {...(field.min !== undefined && { min: field.min })}
          {...(field.max !== undefined && { max: field.max })}
          clampBehavior="none"
          styles={{ wrapper: { maxWidth: 220 } }}
        />
      );
    case "choice":
      return (
        <Select
          {...text}
          {...bound}
          data={look.choices ?? field.choices.map((value) => ({ value, label: value }))}
          allowDeselect={!field.required}
        />
      );
    case "list":
      return <TagsInput {...text} {...bound} />;
    case "password":
      return (
        <NewPassword
          {...text}
          {...bound}
          names={[form.getValues().name, form.getValues().display]}
          least={look.least ?? 0}
        />
      );
    case "long":
      return <Textarea {...text} {...bound} autosize minRows={3} />;
    default:
      return <TextInput {...text} {...bound} autoComplete="off" />;
  }
}
