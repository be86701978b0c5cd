import { ActionIcon, Group, Text } from "@mantine/core";
import { IconAddressBook, IconPhoneCall } from "@tabler/icons-react";
import { answer, api } from "../../api/client.ts";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import type { Contact } from "./types.ts";

const useText = defineStrings("contacts", {
  en: {
    label: "Contacts",
    who: "Who",
    name: "Name",
    numbers: "Numbers",
    call: "Call {{who}}",
    empty: "Nobody is here yet",
  },
  de: {
    label: "Kontakte",
    who: "Wer",
    name: "Name",
    numbers: "Nummern",
    call: "{{who}} anrufen",
    empty: "Noch ist niemand hier",
  },
});

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const { contacts, next } = await answer(
    api.GET("/v1/me/contacts", { params: { query: { after, limit } }, signal }),
  );
  return { rows: contacts, next };
};

/** The people here. */
export function Contacts({ call, self }: { call: (to: string) => Promise<void>; self: string }) {
  const t = useText();
  return (
    <Section flush>
      <EntityList<Contact>
        name="contacts"
        label={t("label")}
        load={load}
        rowKey={({ name }) => name}
        height="calc(100dvh - 330px)"
        columns={[
          { id: "who", label: t("who"), cell: ({ display, name }) => display || name },
          {
            id: "name",
            label: t("name"),
            cell: ({ name }) => (
              <Text c="dimmed" inherit span className="num">
                {name}
              </Text>
            ),
            width: "minmax(70px, 0.5fr)",
          },
          {
            id: "numbers",
            label: t("numbers"),
            cell: ({ numbers }) => <span className="num">{numbers.join(", ")}</span>,
            wide: true,
          },
          {
            id: "do",
            label: "",
            width: "56px",
            cell: ({ name, display }) =>
              name === self ? null : (
                <Group justify="flex-end">
                  <ActionIcon
                    aria-label={t("call", { who: display || name })}
                    onClick={() => void call(name)}
                  >
                    <IconPhoneCall size={16} stroke={1.8} />
                  </ActionIcon>
                </Group>
              ),
          },
        ]}
        empty={<Empty icon={IconAddressBook} title={t("empty")} />}
      />
    </Section>
  );
}
