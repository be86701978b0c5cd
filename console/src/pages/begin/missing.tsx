import { Button, Group, Text } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { type Step, useMissing } from "./progress.ts";

const useText = defineStrings("begin-missing", {
  en: {
    title: "First steps",
    what: "Not there yet: {{what}}.",
    site: "a place",
    numbers: "numbers",
    people: "people with telephones",
    carrier: "a carrier",
    call: "a first call",
    go: "Go on",
    hide: "Do not show it here",
  },
  de: {
    title: "Erste Schritte",
    what: "Noch nicht da: {{what}}.",
    site: "ein Ort",
    numbers: "Nummern",
    people: "Leute mit Telefonen",
    carrier: "ein Carrier",
    call: "ein erstes Gespräch",
    go: "Weiter",
    hide: "Hier nicht mehr zeigen",
  },
});

const key = "dialtone.begin.hidden";

/** On the overview, while something is missing without which it is no telephone service. */
export function Missing() {
  const t = useText();
  const [hidden, setHidden] = useState(() => localStorage.getItem(key) !== null);
  const missing = useMissing(!hidden);
  if (missing === undefined || missing.length === 0) return null;
  const hide = () => {
    localStorage.setItem(key, "hidden");
    setHidden(true);
  };
  return (
    <Section title={t("title")}>
      <Group justify="space-between">
        <Text>{t("what", { what: missing.map((step: Step) => t(step)).join(", ") })}</Text>
        <Group gap="xs">
          <Button variant="subtle" color="gray" onClick={hide}>
            {t("hide")}
          </Button>
          <Button component={Link} to="/begin" rightSection={<IconArrowRight size={16} aria-hidden />}>
            {t("go")}
          </Button>
        </Group>
      </Group>
    </Section>
  );
}
