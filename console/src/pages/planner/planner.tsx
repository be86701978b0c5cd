import { Button, Group, Select, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { ApiProblem } from "../../api/problem.ts";
import { Fault } from "../../kit/empty.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { type Answers, Plan } from "./answers.tsx";
import { useText } from "./strings.ts";

const remembered = "dialtone.plan";

export default function Planner() {
  const t = useText();
  const [text, setText] = useState(() => localStorage.getItem(remembered) ?? "");
  const [equipment, setEquipment] = useState<string | null>(null);
  const usual = useMutation({
    mutationFn: () => answer(api.GET("/v1/plan/usual")),
    onSuccess: ({ plan }) => write(plan),
  });
  const work = useMutation({
    mutationFn: (chosen: string | null): Promise<Answers> =>
      answer(
        api.POST("/v1/plan", {
          body: {
            plan: text,
            ...{ years: 100_000, seed: 20_090_527, drilled: true },
            ...(chosen === null ? {} : { equipment: chosen }),
          },
        }),
      ),
  });
  function write(plan: string) {
    setText(plan);
    localStorage.setItem(remembered, plan);
  }
  const { data } = work;
  const faults = work.error instanceof ApiProblem ? work.error.errors.map(({ message }) => message) : [];
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <Section title={t("plan")} lead={t("planLead")}>
        <Stack gap="sm">
          <Textarea
            aria-label={t("text")}
            autosize
            minRows={6}
            maxRows={18}
            spellCheck={false}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.8125rem" } }}
            value={text}
            error={faults.length === 0 ? undefined : faults.join("\n")}
            onChange={({ currentTarget }) => write(currentTarget.value)}
          />
          <Group gap="sm">
            <Button
              disabled={text.trim() === ""}
              loading={work.isPending}
              onClick={() => work.mutate(equipment)}
            >
              {t("work")}
            </Button>
            {text.trim() === "" && (
              <Button variant="default" loading={usual.isPending} onClick={() => usual.mutate()}>
                {t("usual")}
              </Button>
            )}
            {data && (
              <Select
                aria-label={t("cluster")}
                placeholder={`${t("cluster")} …`}
                w={240}
                clearable
                value={equipment}
                data={data.equipment}
                onChange={(value) => {
                  setEquipment(value);
                  work.mutate(value);
                }}
              />
            )}
            {work.isPending && (
              <Text size="sm" c="dimmed" role="status">
                {t("working")}
              </Text>
            )}
          </Group>
          {usual.error && <Fault error={usual.error} />}
          {work.error && faults.length === 0 && <Fault error={work.error} />}
        </Stack>
      </Section>
      {data && <Plan answers={data} />}
    </>
  );
}
