import { Alert, Button, Group, List, ScrollArea, Stack, Table, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { answer, api } from "../../api/client.ts";
import { type Cluster, useCluster } from "../../api/cluster.ts";
import type { paths } from "../../api/schema.ts";
import { useSession } from "../../api/session.tsx";
import { useConfirm } from "../../kit/confirm.tsx";
import { Asked, Fault } from "../../kit/empty.tsx";
import { LightBadge, type LightState } from "../../kit/light.tsx";
import { PageHeader, Section } from "../../kit/page.tsx";
import { Moment } from "../../kit/time.tsx";
import { useText } from "./strings.ts";

type Order = NonNullable<paths["/v1/orders"]["post"]["requestBody"]>["content"]["application/json"];
type Kind = "switchover" | "drain" | "undrain";
type Host = Cluster["hosts"][number];

const lightOf: Record<Host["stands"], LightState> = {
  ...{ holder: "good", standby: "good", votes: "good", "passes-on": "good" },
  ...{ unfit: "warn", "out-of-service": "warn", silent: "bad" },
};

const stateLight = { waiting: "idle", running: "warn", done: "good", failed: "bad" } as const;

/** Asks what callers would notice, asks the person, and gives the order. */
function useOrders() {
  const t = useText();
  const confirm = useConfirm();
  const [refused, setRefused] = useState<string[]>();
  const [fault, setFault] = useState<unknown>();
  const why = useRef("");
  const give = async (kind: Kind, host: string) => {
    setRefused(undefined);
    setFault(undefined);
    try {
      const query = kind === "switchover" ? { kind } : { kind, host };
      const seen = await answer(api.GET("/v1/orders/foresee", { params: { query } }));
      if (!seen.possible) {
        setRefused(seen.against);
        return;
      }
      why.current = "";
      const yes = await confirm({
        title: t(`${kind}Ask`, { host }),
        what: (
          <Stack gap="sm">
            <span>{t(`${kind}What`, { host: kind === "switchover" ? seen.holder : host })}</span>
            {kind === "drain" && (
              <TextInput
                label={t("why")}
                maxLength={200}
                onChange={({ currentTarget }) => {
                  why.current = currentTarget.value;
                }}
              />
            )}
          </Stack>
        ),
        callers: (
          <List size="sm" spacing={4}>
            {seen.callers.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        ),
        action: t(kind),
        danger: kind !== "undrain",
      });
      if (!yes) return;
      const id = crypto.randomUUID();
      const body: Order =
        kind === "switchover"
          ? { kind, id, force: false }
          : kind === "drain"
            ? { kind, id, host, force: false, why: why.current }
            : { kind, id, host };
      await answer(api.POST("/v1/orders", { body }));
    } catch (error) {
      setFault(error);
    }
  };
  return { give, refused, fault };
}

export default function Maintenance() {
  const t = useText();
  const cluster = useCluster();
  const { may } = useSession();
  const { give, refused, fault } = useOrders();
  return (
    <>
      <PageHeader title={t("title")} lead={t("lead")} />
      <div aria-live="polite">
        {refused && (
          <Alert
            color="yellow"
            variant="light"
            mb="md"
            icon={<IconAlertTriangle size={18} />}
            title={t("refused")}
          >
            {refused.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </Alert>
        )}
        {fault !== undefined && <Fault error={fault} ofDoing />}
      </div>
      <Asked query={cluster}>
        {({ address, hosts, orders }) => (
          <>
            <Section
              title={t("address")}
              actions={
                may("operator") && (
                  <Button disabled={address.holder === null} onClick={() => void give("switchover", "")}>
                    {t("switchover")}
                  </Button>
                )
              }
            >
              <Group gap="md">
                <Text className="num" fw={550}>
                  {address.service.join(", ")}
                </Text>
                <LightBadge state={address.holder === null ? "bad" : "good"}>
                  {address.holder === null ? t("nobody") : t("holds", { host: address.holder })}
                </LightBadge>
              </Group>
            </Section>
            <Section title={t("nodes")} lead={t("shell")} flush>
              {hosts.map((host) => (
                <HostRow key={host.name} host={host} give={may("operator") ? give : undefined} />
              ))}
            </Section>
            <Section title={t("orders")} flush={orders.length > 0}>
              {orders.length === 0 ? <Text c="dimmed">{t("none")}</Text> : <Orders orders={orders} />}
            </Section>
          </>
        )}
      </Asked>
    </>
  );
}

function HostRow({
  host,
  give,
}: {
  host: Host;
  give: ((kind: Kind, host: string) => Promise<void>) | undefined;
}) {
  const t = useText();
  const { name, stands, address, why, out_of_service: out } = host;
  const order = stands === "out-of-service" ? "undrain" : "drain";
  return (
    <Group justify="space-between" px="lg" py="md" gap="sm" style={{ borderTop: "1px solid var(--dt-line)" }}>
      <Stack gap={4} miw={0} flex={1}>
        <Group gap="sm">
          <Text fw={600}>{name}</Text>
          <Text c="dimmed" size="sm" className="num">
            {address}
          </Text>
          <LightBadge state={lightOf[stands]}>{t(stands)}</LightBadge>
        </Group>
        {out && (
          <Text size="sm" c="dimmed">
            {t("outSince", { by: out.by, why: out.why || t("noReason") })}
          </Text>
        )}
        {!out && why.length > 0 && (
          <Text size="sm" c="dimmed">
            {why.join("; ")}
          </Text>
        )}
      </Stack>
      {give && host.role === "node" && host.heard && (
        <Button variant="default" aria-label={`${name}: ${t(order)}`} onClick={() => void give(order, name)}>
          {t(order)}
        </Button>
      )}
    </Group>
  );
}

function Orders({ orders }: { orders: Cluster["orders"] }) {
  const t = useText();
  return (
    <ScrollArea viewportProps={{ tabIndex: 0 }}>
      <Table miw={620} verticalSpacing="xs" horizontalSpacing="md">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("when")}</Table.Th>
            <Table.Th>{t("host")}</Table.Th>
            <Table.Th>{t("what")}</Table.Th>
            <Table.Th>{t("who")}</Table.Th>
            <Table.Th>{t("state")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {orders.map(({ id, host, kind, who, state, text, at }) => (
            <Table.Tr key={id}>
              <Table.Td className="num">{at === null ? "" : <Moment at={at} />}</Table.Td>
              <Table.Td>{host}</Table.Td>
              <Table.Td>
                {kind}
                {text !== "" && (
                  <Text size="xs" c="dimmed">
                    {text}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{who}</Table.Td>
              <Table.Td>
                <LightBadge state={stateLight[state]}>{t(state)}</LightBadge>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea>
  );
}
