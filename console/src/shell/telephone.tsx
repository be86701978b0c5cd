import { Box, Button, Group, Text } from "@mantine/core";
import { IconPhone } from "@tabler/icons-react";
import { Link, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { isOn, usePhoneView } from "../phone/state.ts";
import { defineStrings } from "./i18n.ts";
import classes from "./shell.module.css";

const useText = defineStrings("telephone", {
  en: { rings: "{{who}} calls", talks: "Call with {{who}}", show: "To the telephone" },
  de: { rings: "{{who}} ruft an", talks: "Gespräch mit {{who}}", show: "Zum Telefon" },
});

/** This browser as a telephone, on every page: it goes on after the page was loaded anew, and tells of calls wherever one is. */
export function Telephone() {
  const t = useText();
  const { pathname } = useLocation();
  const { calls } = usePhoneView();
  useEffect(() => {
    // Refused: its page says why.
    if (isOn())
      void import("../phone/store.ts").then(({ startPhone }) => startPhone()).catch(() => undefined);
  }, []);
  const call =
    calls.find(({ phase }) => phase === "rings-here") ?? calls.find(({ phase }) => phase !== "ended");
  if (!call || pathname.endsWith("/phone")) return null;
  const who = call.name || call.number;
  return (
    <Box className={classes.telephone} role="status">
      <Group gap={10} wrap="nowrap">
        <IconPhone size={16} stroke={1.8} aria-hidden />
        <Text span size="sm">
          {call.phase === "rings-here" ? t("rings", { who }) : t("talks", { who })}
        </Text>
        <Button component={Link} to="/phone" size="compact-sm" variant="default">
          {t("show")}
        </Button>
      </Group>
    </Box>
  );
}
