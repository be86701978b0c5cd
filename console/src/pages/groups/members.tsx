import { ActionIcon, Group, NumberInput, Select, Stack, Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client.ts";
import type { EntityFormApi } from "../../kit/form.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { valueAt } from "../users/fields.tsx";
import type { Group as RingGroup } from "../users/types.ts";
import classes from "../users/users.module.css";

const useText = defineStrings("members", {
  en: {
    title: "Members",
    add: "Add a user",
    none: "Nobody yet: choose users below.",
    up: "{{user}} earlier",
    down: "{{user}} later",
    remove: "Remove {{user}}",
    weight: "Weight of {{user}}",
    weightShort: "weight",
    delay: "{{user}} rings so many seconds later",
    delayShort: " s later",
  },
  de: {
    title: "Mitglieder",
    add: "Benutzer hinzufügen",
    none: "Noch niemand: Wählen Sie unten Benutzer aus.",
    up: "{{user}} früher",
    down: "{{user}} später",
    remove: "{{user}} entfernen",
    weight: "Gewicht von {{user}}",
    weightShort: "Gewicht",
    delay: "{{user}} klingelt so viele Sekunden später",
    delayShort: " s später",
  },
});

type Member = RingGroup["members"][number];

const moved = (all: readonly Member[], from: number, to: number): Member[] => {
  const next = [...all];
  const [one] = next.splice(from, 1);
  if (one) next.splice(to, 0, one);
  return next;
};

/** Users of a group in their order, each with what its strategy looks at. */
export function Members({ form, disabled }: { form: EntityFormApi; disabled: boolean }) {
  const t = useText();
  const value = (valueAt(form, "members") as Member[] | undefined) ?? [];
  const strategy = valueAt(form, "strategy") as RingGroup["strategy"] | undefined;
  const weighs = strategy === "by-weight" || strategy === "by-skill";
  const set = (next: Member[]) => form.setFieldValue("members", next);
  const put = (index: number, next: Partial<Member>) =>
    set(value.map((one, at) => (at === index ? { ...one, ...next } : one)));
  const { data } = useQuery({
    queryKey: ["users", "names"],
    queryFn: () => answer(api.GET("/v1/users", { params: { query: { limit: 1000 } } })),
  });
  const others = (data?.users ?? []).filter(({ name }) => !value.some(({ user }) => user === name));
  const fault = Object.entries(form.errors).find(([key]) => key.startsWith("members"))?.[1];
  return (
    <Stack gap="xs">
      <Text fw={500} size="sm" id="members">
        {t("title")}
      </Text>
      {value.length === 0 ? (
        <Text c="dimmed" size="sm">
          {t("none")}
        </Text>
      ) : (
        <ol className={classes.members} aria-labelledby="members">
          {value.map(({ user, weight, delay_s }, index) => (
            <li key={user} className={classes.member}>
              <span className={classes.place}>{index + 1}</span>
              <span className={classes.grow}>{user}</span>
              <div className={classes.figures}>
                {weighs && (
                  <NumberInput
                    size="xs"
                    w={120}
                    aria-label={t("weight", { user })}
                    prefix={`${t("weightShort")} `}
                    min={1}
                    max={100}
                    value={weight}
                    disabled={disabled}
                    onChange={(next) => put(index, { weight: Number(next) || 1 })}
                  />
                )}
                {strategy === "together" && (
                  <NumberInput
                    size="xs"
                    w={120}
                    aria-label={t("delay", { user })}
                    suffix={t("delayShort")}
                    min={0}
                    max={60}
                    value={delay_s ?? 0}
                    disabled={disabled}
                    onChange={(next) => {
                      const { delay_s: _, ...rest } = value[index] as Member;
                      const seconds = Number(next) || 0;
                      const now: Member = seconds === 0 ? rest : { ...rest, delay_s: seconds };
                      set(value.map((one, at) => (at === index ? now : one)));
                    }}
                  />
                )}
              </div>
              {!disabled && (
                <Group gap={0} wrap="nowrap">
                  <ActionIcon
                    aria-label={t("up", { user })}
                    disabled={index === 0}
                    onClick={() => set(moved(value, index, index - 1))}
                  >
                    <IconArrowUp size={16} stroke={1.7} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={t("down", { user })}
                    disabled={index === value.length - 1}
                    onClick={() => set(moved(value, index, index + 1))}
                  >
                    <IconArrowDown size={16} stroke={1.7} />
                  </ActionIcon>
                  <ActionIcon
                    aria-label={t("remove", { user })}
                    onClick={() => set(value.filter((_, at) => at !== index))}
                  >
                    <IconTrash size={16} stroke={1.7} />
                  </ActionIcon>
                </Group>
              )}
            </li>
          ))}
        </ol>
      )}
      {!disabled && (
        <Select
          aria-label={t("add")}
          placeholder={t("add")}
          searchable
          limit={50}
          value={null}
          error={fault}
          data={others.map(({ name, display }) => ({
            value: name,
            label: display === "" ? name : `${name} · ${display}`,
          }))}
          onChange={(user) => user !== null && set([...value, { user, weight: 1 }])}
        />
      )}
    </Stack>
  );
}
