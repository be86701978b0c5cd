import { Group, Stack, Text } from "@mantine/core";
import { useCluster } from "../../api/cluster.ts";
import { Copy } from "../../kit/copy.tsx";
import { Facts } from "../../kit/page.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./begin.module.css";

const useText = defineStrings("begin-telephones", {
  en: {
    lead: "Type this into each telephone, a softphone or one on a desk. The passwords are shown here and now only; a lost one is replaced on the user's page.",
    server: "Server, registrar",
    transport: "UDP or TCP, port 5060",
    user: "User",
    password: "Password",
    copy: "Copy",
    all: "Copy all of it",
  },
  de: {
    lead: "Tippen Sie das in jedes Telefon, ein Softphone oder eines auf dem Tisch. Die Passwörter stehen nur hier und jetzt; ein verlorenes wird auf der Seite des Benutzers ersetzt.",
    server: "Server, Registrar",
    transport: "UDP oder TCP, Port 5060",
    user: "Benutzer",
    password: "Passwort",
    copy: "Kopieren",
    all: "Alles kopieren",
  },
});

export interface Telephone {
  name: string;
  display: string;
  password: string;
}

/** What has to be typed into telephones. */
export function Telephones({ telephones }: { telephones: readonly Telephone[] }) {
  const t = useText();
  const { data } = useCluster();
  const server = data?.address.service[0] ?? location.hostname;
  const text = (one: Telephone) =>
    [
      `${t("server")}: ${server} (${t("transport")})`,
      `${t("user")}: ${one.name}`,
      `${t("password")}: ${one.password}`,
    ].join("\n");
  return (
    <Stack gap="sm">
      <Text c="dimmed" size="sm">
        {t("lead")}
      </Text>
      {telephones.map((one) => (
        <div key={one.name} className={classes.telephone}>
          <Group justify="space-between" mb="xs">
            <Text fw={600}>{one.display === "" ? one.name : `${one.display} (${one.name})`}</Text>
            <Copy value={text(one)} label={t("copy")} name={`${t("all")}: ${one.name}`} size="xs" />
          </Group>
          <Facts
            items={[
              [
                t("server"),
                <span key="server">
                  <span className={classes.secret}>{server}</span> · {t("transport")}
                </span>,
              ],
              [
                t("user"),
                <span key="user" className={classes.secret}>
                  {one.name}
                </span>,
              ],
              [
                t("password"),
                <span key="password" className={classes.secret} data-password={one.name}>
                  {one.password}
                </span>,
              ],
            ]}
          />
        </div>
      ))}
    </Stack>
  );
}
