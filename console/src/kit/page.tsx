import { Box, Group, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./kit.module.css";

/** The head of every page: what it is, in a line what it is for, what can be done. */
export function PageHeader({
  title,
  lead,
  actions,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <Group justify="space-between" align="flex-start" gap="md" mb="lg">
      <Box className={classes.heading}>
        <Title order={1}>{title}</Title>
        {lead !== undefined && (
          <Text c="dimmed" mt={4} maw={680}>
            {lead}
          </Text>
        )}
      </Box>
      {actions !== undefined && <Group gap="xs">{actions}</Group>}
    </Group>
  );
}

/** A surface with what belongs together. `flush`: its content goes to the edge, such as a list. */
export function Section({
  title,
  lead,
  actions,
  flush = false,
  children,
}: {
  title?: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  flush?: boolean;
  children: ReactNode;
}) {
  return (
    <section className={classes.section}>
      {title !== undefined && (
        <Group justify="space-between" gap="sm" className={classes.sectionHead} wrap="nowrap">
          <div>
            <Title order={2}>{title}</Title>
            {lead !== undefined && (
              <Text c="dimmed" size="sm" mt={2}>
                {lead}
              </Text>
            )}
          </div>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      <div className={flush ? undefined : classes.sectionBody}>{children}</div>
    </section>
  );
}

/** Names and values, one below the other; empty values are left out. */
export function Facts({
  items,
}: {
  items: readonly (readonly [name: ReactNode, value: ReactNode, key?: string])[];
}) {
  return (
    <dl className={classes.facts}>
      {items
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value, key]) => (
          <div key={key ?? String(name)} className={classes.fact}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** One figure and what it is. */
export function Figure({ label, value, note }: { label: ReactNode; value: ReactNode; note?: ReactNode }) {
  return (
    <div className={classes.figure}>
      <div className={classes.figureLabel}>{label}</div>
      <div className={classes.figureValue}>{value}</div>
      {note !== undefined && <div className={classes.figureNote}>{note}</div>}
    </div>
  );
}
