import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleMinus,
  IconCircleXFilled,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./kit.module.css";

/** good: all is well. warn: calls go on, the next fault would be noticed. bad: callers notice. idle: not in use, not known. */
export type LightState = "good" | "warn" | "bad" | "idle";

const icons = {
  good: IconCircleCheckFilled,
  warn: IconAlertTriangleFilled,
  bad: IconCircleXFilled,
  idle: IconCircleMinus,
} as const;

/** A state as a sign and a word: never by its colour alone. */
export function Light({
  state,
  children,
  size = 16,
}: {
  state: LightState;
  children: ReactNode;
  size?: number;
}) {
  const Icon = icons[state];
  return (
    <span className={classes.light} data-state={state}>
      <Icon size={size} aria-hidden />
      <span>{children}</span>
    </span>
  );
}

/** The same as a label with a ground of its own. */
export function LightBadge({ state, children }: { state: LightState; children: ReactNode }) {
  return (
    <span className={classes.lightBadge} data-state={state}>
      {children}
    </span>
  );
}
