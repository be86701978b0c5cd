import { NumberInput, Select, Switch, TagsInput } from "@mantine/core";
import type { ReactNode } from "react";
import type { EntityFormApi } from "../../kit/form.tsx";

/** Inputs of a form for what lies deeper in a document, by its path: `features.dnd`. */

interface Common {
  form: EntityFormApi;
  path: string;
  label: string;
  help?: ReactNode;
  disabled?: boolean;
}

/** What is at a path; undefined: nothing. */
export const valueAt = (form: EntityFormApi, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
      form.getValues(),
    );

const errorAt = ({ errors }: EntityFormApi, path: string): ReactNode =>
  errors[path] ?? Object.entries(errors).find(([key]) => key.startsWith(`${path}.`))?.[1];

const common = ({ form, path, label, help, disabled }: Common) => ({
  label,
  description: help,
  disabled: disabled ?? false,
  error: errorAt(form, path),
});

export const SwitchAt = (props: Common & { of?: { on: unknown; off: unknown } }) => {
  const { form, path, of = { on: true, off: false } } = props;
  return (
    <Switch
      {...common(props)}
      checked={valueAt(form, path) === of.on}
      onChange={({ currentTarget }) => form.setFieldValue(path, currentTarget.checked ? of.on : of.off)}
    />
  );
};

/** `none`: an empty list is no list at all. */
export const ListAt = (
  props: Common & { placeholder?: string; data?: string[]; max?: number; none?: boolean },
) => {
  const { form, path, placeholder, data, max, none } = props;
  const value = (valueAt(form, path) as string[] | undefined) ?? [];
  return (
    <TagsInput
      {...common(props)}
      value={value}
      onChange={(next) => form.setFieldValue(path, none && next.length === 0 ? undefined : next)}
      {...(placeholder !== undefined && value.length === 0 && { placeholder })}
      {...(data && { data })}
      {...(max !== undefined && { maxTags: max })}
      acceptValueOnBlur
      clearable
    />
  );
};

/** An empty one is left out. */
export const NumberAt = (
  props: Common & { min?: number; max?: number; suffix?: string; placeholder?: string },
) => {
  const { form, path, min, max, suffix, placeholder } = props;
  const value = valueAt(form, path);
  return (
    <NumberInput
      {...common(props)}
      value={typeof value === "number" ? value : ""}
      onChange={(next) => form.setFieldValue(path, next === "" ? undefined : Number(next))}
      {...(min !== undefined && { min })}
      {...(max !== undefined && { max })}
      {...(suffix !== undefined && { suffix })}
      {...(placeholder !== undefined && { placeholder })}
      clampBehavior="none"
      styles={{ wrapper: { maxWidth: 220 } }}
    />
  );
};

export const ChoiceAt = (
  props: Common & { choices: { value: string; label: string }[]; none?: string; searchable?: boolean },
) => {
  const { form, path, choices, none, searchable } = props;
  return (
    <Select
      {...common(props)}
      data={choices}
      value={(valueAt(form, path) as string | undefined) ?? null}
      onChange={(next) => form.setFieldValue(path, next ?? undefined)}
      allowDeselect={none !== undefined}
      clearable={none !== undefined}
      searchable={searchable ?? false}
      {...(none !== undefined && { placeholder: none })}
    />
  );
};
