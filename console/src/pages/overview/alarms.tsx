import { IconBellRinging } from "@tabler/icons-react";
import type { Cluster } from "../../api/cluster.ts";
import { Moment } from "../../kit/time.tsx";
import classes from "./overview.module.css";
import { useText } from "./strings.ts";

type Alarm = { key: string; since: string | null } & (
  | { kind: "carrierSilent" | "carrierUnregistered" | "freeswitch"; name: string }
  | { kind: "guard"; name: string; why: string }
  | { kind: "noDatabase" | "noAgent"; why: string | null }
  | { kind: "drilling"; name: string; by: string }
);

/** What is not as it should be beside the hosts themselves. Pure. */
export function alarmsOf({ agent, database, carriers, guards, freeswitch, drilling }: Cluster): Alarm[] {
  return [
    ...(drilling
      ? [
          {
            kind: "drilling" as const,
            key: "drilling",
            since: drilling.since,
            name: drilling.name,
            by: drilling.by,
          },
        ]
      : []),
    ...(database.ok
      ? []
      : [{ kind: "noDatabase" as const, key: "database", since: null, why: database.problem }]),
    ...(agent.ok ? [] : [{ kind: "noAgent" as const, key: "agent", since: null, why: agent.problem }]),
    ...carriers.flatMap(({ carrier, state, since }) =>
      state === "registered"
        ? []
        : [
            {
              kind: state === "silent" ? ("carrierSilent" as const) : ("carrierUnregistered" as const),
              key: `carrier ${carrier}`,
              name: carrier,
              since,
            },
          ],
    ),
    ...guards.map(({ guard, subject, why, since }) => ({
      kind: "guard" as const,
      key: `guard ${guard} ${subject}`,
      name: guard,
      why,
      since,
    })),
    ...freeswitch.flatMap(({ host, answers, since }) =>
      answers ? [] : [{ kind: "freeswitch" as const, key: `freeswitch ${host}`, name: host, since }],
    ),
  ];
}

export function Alarms({ alarms }: { alarms: readonly Alarm[] }) {
  const t = useText();
  return (
    <ul className={classes.alarms}>
      {alarms.map(({ kind, key, since, ...values }) => (
        <li key={key}>
          <IconBellRinging size={17} stroke={1.7} aria-hidden />
          <span>
            {t(kind, values)}
            {"why" in values && kind !== "guard" && values.why && (
              <span className={classes.dimmed}>: {values.why}</span>
            )}
          </span>
          {since !== null && (
            <span className={classes.dimmed}>
              <Moment at={since} as="ago" />
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}
