import { Button } from "@mantine/core";
import { IconZoomQuestion } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiProblem } from "../api/problem.ts";
import { defineStrings } from "../shell/i18n.ts";
import { Empty } from "./empty.tsx";
import { PageHeader, Section } from "./page.tsx";

const useText = defineStrings("gone", {
  en: {
    title: "{{name}} is not there",
    what: "Somebody has removed it, or the link has a letter too many.",
    list: "To the list",
  },
  de: {
    title: "{{name}} gibt es nicht",
    what: "Jemand hat es entfernt, oder im Link ist ein Buchstabe zu viel.",
    list: "Zur Liste",
  },
});

/** What is asked for is not there, or can have no such name. What is on the screen already stays: somebody may be typing. */
export const isGone = ({ data, error }: Pick<UseQueryResult, "data" | "error">): boolean =>
  data === undefined && error instanceof ApiProblem && (error.status === 404 || error.status === 400);

/** Says so, and leads on. @param to the page where all of them are */
export function GoneNote({ name, to }: { name: string; to: string }) {
  const t = useText();
  return (
    <Section>
      <Empty
        icon={IconZoomQuestion}
        title={t("title", { name })}
        action={
          <Button component={Link} to={to} variant="light">
            {t("list")}
          </Button>
        }
      >
        {t("what")}
      </Empty>
    </Section>
  );
}

/** In the place of the page of one thing, where a link is older than its end. */
export const Gone = ({ name, to }: { name: string; to: string }) => (
  <>
    <PageHeader title={name} />
    <GoneNote name={name} to={to} />
  </>
);
