import type { Change } from "./state.ts";

/** One message to people: everything that changed in one moment. */
export interface AlertMessage {
  /** Unique; the same in every attempt. */
  id: string;
  cluster: string;
  /** The host that tells. */
  host: string;
  /** ms since 1970. */
  time: number;
  test: boolean;
  changes: Change[];
  /** Titles of what else is open. */
  open: string[];
}

const sinceText = (ms: number): string =>
  ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : ms < 7_200_000
      ? `${Math.round(ms / 60_000)} min`
      : `${Math.round(ms / 3_600_000)} h`;

const mark = ({ what, severity }: Change): string => (what === "over" ? "OVER" : severity.toUpperCase());

/** Subject and text of an e-mail. Pure. */
export function emailText(message: AlertMessage): { subject: string; text: string } {
  const [first, ...more] = [...message.changes].sort(
    (one, other) =>
      Number(one.what === "over") - Number(other.what === "over") ||
      one.severity.localeCompare(other.severity),
  );
  const others = more.length > 0 ? ` (and ${more.length} more)` : "";
  const words = message.test ? "test: alerts arrive" : first ? `${mark(first)}: ${first.title}${others}` : "";
  const lines = message.changes.map((change) => {
    const lasted =
      change.what === "over" ? `over after ${sinceText(change.sinceMs)}` : `for ${sinceText(change.sinceMs)}`;
    return `${mark(change)}: ${change.title} (${lasted})\n${change.what === "over" ? "" : `  ${change.text}\n`}`;
  });
  return {
    // A line break would begin another header (RFC 5322).
    subject: `[${message.cluster}] ${words}`.replace(/[\r\n]+/g, " ").slice(0, 200),
    text: [
      message.test ? "This is a test, sent by 'dialtone alerts test'. Nothing is wrong.\n" : "",
      ...lines,
      message.open.length > 0 ? `Still open: ${message.open.join("; ")}\n` : "",
      `Told by ${message.host} at ${new Date(message.time).toISOString()}. More: 'dialtone status', 'dialtone timeline'.`,
    ]
      .filter((line) => line !== "")
      .join("\n"),
  };
}

/** Body of a webhook. Pure. */
export const webhookBody = (message: AlertMessage): string =>
  JSON.stringify({
    type: message.test ? "dialtone.test" : "dialtone.alert",
    timestamp: new Date(message.time).toISOString(),
    data: {
      cluster: message.cluster,
      host: message.host,
      changes: message.changes.map(({ sinceMs, ...change }) => ({
        ...change,
        since: new Date(message.time - sinceMs).toISOString(),
      })),
      open: message.open,
    },
  });
