import { Alert, Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import { type Icon, IconAlertCircle } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { messageOf } from "../api/problem.ts";
import { defineStrings } from "../shell/i18n.ts";
import classes from "./kit.module.css";

const useText = defineStrings("empty", {
  en: {
    fault: "This could not be read",
    notDone: "This was not done",
    again: "Try again",
    loading: "Loading",
  },
  de: {
    fault: "Das konnte nicht gelesen werden",
    notDone: "Das wurde nicht getan",
    again: "Noch einmal",
    loading: "Wird geladen",
  },
});

/** Nothing is here yet: says what would be, what it is good for, and how it comes about. */
export function Empty({
  icon: Sign,
  title,
  children,
  action,
}: {
  icon: Icon;
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <Center py={56} px="lg">
      <Stack align="center" gap="xs" maw={440} ta="center">
        <span className={classes.emptySign}>
          <Sign size={26} stroke={1.5} aria-hidden />
        </span>
        <Title order={2} mt="xs">
          {title}
        </Title>
        {children !== undefined && (
          <Text c="dimmed" component="div">
            {children}
          </Text>
        )}
        {action !== undefined && <div className={classes.emptyAction}>{action}</div>}
      </Stack>
    </Center>
  );
}

/** What a fault says, with a way to try again. @param ofDoing of something that was to be done; default: to be read */
export function Fault({
  error,
  again,
  ofDoing = false,
}: {
  error: unknown;
  again?: () => void;
  ofDoing?: boolean;
}) {
  const t = useText();
  return (
    <Alert
      color="red"
      variant="light"
      icon={<IconAlertCircle size={18} />}
      title={t(ofDoing ? "notDone" : "fault")}
      role="alert"
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{messageOf(error)}</Text>
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            {t("again")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

export function Loading() {
  const t = useText();
  return (
    <Center py={56}>
      <Loader type="dots" color="gray" role="status" aria-label={t("loading")} />
    </Center>
  );
}

/**
 * What a query gave: its data by `children`; before that, that it loads; a fault only where there are no data at all,
 * so that what is shown stays while the service moves.
 */
export function Asked<T>({
  query,
  children,
}: {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch">;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error) return <Fault error={query.error} again={() => void query.refetch()} />;
  return <Loading />;
}
