import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ask } from "../../api/client.ts";
import { Asked } from "../../kit/empty.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./users.module.css";

const useText = defineStrings("user-numbers", {
  en: { title: "Numbers", none: "No number rings here; it is called by its name.", all: "All numbers" },
  de: { title: "Nummern", none: "Keine Nummer klingelt hier; angerufen wird der Name.", all: "Alle Nummern" },
});

interface Numbers {
  numbers: { number: string; description: string }[];
}

/** Which numbers ring a user. */
export function UserNumbers({ user }: { user: string }) {
  const t = useText();
  const query = useQuery({
    queryKey: ["numbers", "of", user],
    queryFn: async () =>
      (await ask<Numbers>("GET", `/v1/numbers?user=${encodeURIComponent(user)}&limit=100`)).data,
  });
  return (
    <Section
      title={t("title")}
      flush
      actions={
        <Anchor component={Link} to="/numbers" size="sm">
          {t("all")}
        </Anchor>
      }
    >
      <Asked query={query}>
        {({ numbers }) =>
          numbers.length === 0 ? (
            <Text c="dimmed" px={20} py="md">
              {t("none")}
            </Text>
          ) : (
            <ul className={classes.plain}>
              {numbers.map(({ number, description }) => (
                <li key={number} className={classes.plainRow}>
                  <span className="num">{number}</span>
                  <Text c="dimmed" size="sm" className={classes.grow} ta="right">
                    {description}
                  </Text>
                </li>
              ))}
            </ul>
          )
        }
      </Asked>
    </Section>
  );
}
