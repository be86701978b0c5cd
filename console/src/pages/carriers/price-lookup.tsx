import { Button, Group, NumberInput, Table, Text, TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { Fault } from "../../kit/empty.tsx";
import { Section } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("price-lookup", {
  en: {
    title: "Prices",
    lead: "What each carrier asks for a call, the cheapest first. Sheets are imported by dialtone prices import.",
    number: "Number",
    seconds: "Seconds",
    go: "Look up",
    carrier: "Carrier",
    prefix: "Prefix",
    minute: "A minute",
    increments: "Billed by",
    cost: "This call",
    compared: "Compared",
    none: "No carrier has a price for this number.",
    known: "",
    expired: "expired",
    gap: "not in force just now",
    blocked: "blocked",
  },
  de: {
    title: "Preise",
    lead: "Was jeder Carrier für einen Anruf verlangt, der billigste zuerst. Preislisten kommen mit dialtone prices import herein.",
    number: "Nummer",
    seconds: "Sekunden",
    go: "Nachsehen",
    carrier: "Carrier",
    prefix: "Vorwahl",
    minute: "Die Minute",
    increments: "Taktung",
    cost: "Dieser Anruf",
    compared: "Verglichen",
    none: "Kein Carrier hat einen Preis für diese Nummer.",
    known: "",
    expired: "abgelaufen",
    gap: "gerade nicht in Kraft",
    blocked: "gesperrt",
  },
});

export function PriceLookup() {
  const t = useText();
  const [number, setNumber] = useState("");
  const [seconds, setSeconds] = useState(180);
  const found = useMutation({
    mutationFn: () =>
      answer(api.GET("/v1/prices/lookup", { params: { query: { number: number.trim(), seconds } } })),
  });
  return (
    <Section title={t("title")} lead={t("lead")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          found.mutate();
        }}
      >
        <Group align="flex-end" gap="sm">
          <TextInput
            required
            label={t("number")}
            placeholder="+33123456789"
            inputMode="tel"
            value={number}
            onChange={({ currentTarget }) => setNumber(currentTarget.value)}
          />
          <NumberInput
            label={t("seconds")}
            w={110}
            min={1}
            max={86_400}
            value={seconds}
            onChange={(value) => setSeconds(Number(value))}
          />
          <Button
            type="submit"
            variant="default"
            loading={found.isPending}
            leftSection={<IconSearch size={16} stroke={1.8} aria-hidden />}
          >
            {t("go")}
          </Button>
        </Group>
      </form>
      {found.error && <Fault error={found.error} />}
      {found.data && found.data.prices.length === 0 && (
        <Text c="dimmed" mt="md" role="status">
          {t("none")}
        </Text>
      )}
      {found.data && found.data.prices.length > 0 && (
        <Table.ScrollContainer
          minWidth={520}
          mt="md"
          // Reached by the keyboard, where it is wider than the screen.
          scrollAreaProps={{ viewportProps: { tabIndex: 0, role: "region", "aria-label": t("title") } }}
        >
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("carrier")}</Table.Th>
                <Table.Th>{t("prefix")}</Table.Th>
                <Table.Th ta="right">{t("minute")}</Table.Th>
                <Table.Th ta="right">{t("increments")}</Table.Th>
                <Table.Th ta="right">{t("cost")}</Table.Th>
                <Table.Th ta="right">{t("compared")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.data.prices.map((price) => (
                <Table.Tr key={`${price.carrier} ${price.prefix} ${price.state}`}>
                  <Table.Td>
                    {price.carrier}{" "}
                    <Text span size="sm" c="dimmed">
                      {price.state === "known" ? "" : t(price.state)}
                    </Text>
                  </Table.Td>
                  <Table.Td>
                    {price.prefix}{" "}
                    <Text span size="sm" c="dimmed">
                      {price.name}
                    </Text>
                  </Table.Td>
                  <Table.Td ta="right" className="num">
                    {price.per_minute} {price.currency}
                  </Table.Td>
                  <Table.Td ta="right" className="num">
                    {price.increments}
                  </Table.Td>
                  <Table.Td ta="right" className="num">
                    {price.cost} {price.currency}
                  </Table.Td>
                  <Table.Td ta="right" className="num">
                    {price.compared ?? "–"}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}
