import { ActionIcon, Group, Modal } from "@mantine/core";
import {
  IconHistory,
  IconPhoneCall,
  IconPhoneIncoming,
  IconPhoneOutgoing,
  IconPlayerPlay,
} from "@tabler/icons-react";
import { useState } from "react";
import { answer, api } from "../../api/client.ts";
import { Empty } from "../../kit/empty.tsx";
import { EntityList } from "../../kit/list.tsx";
import { Section } from "../../kit/page.tsx";
import { Moment, Span } from "../../kit/time.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./me.module.css";
import type { OwnCall } from "./types.ts";

const useText = defineStrings("own-calls", {
  en: {
    label: "My calls",
    with: "With",
    when: "When",
    lasted: "Length",
    outcome: "Came to",
    in: "from",
    out: "to",
    back: "Call {{with}}",
    play: "Listen to the call with {{with}}",
    recording: "Recording: {{with}}",
    in_progress: "goes on",
    answered: "answered",
    busy: "busy",
    no_answer: "no answer",
    cancelled: "given up",
    not_found: "no such number",
    rejected: "refused",
    redirected: "sent elsewhere",
    failed: "failed",
    unknown: "not known",
    empty: "No calls yet",
    emptyWhat:
      "Calls that you make, and calls to your name and your numbers, are listed here. Calls to a group are the group's.",
  },
  de: {
    label: "Meine Anrufe",
    with: "Mit",
    when: "Wann",
    lasted: "Dauer",
    outcome: "Ergebnis",
    in: "von",
    out: "an",
    back: "{{with}} anrufen",
    play: "Das Gespräch mit {{with}} anhören",
    recording: "Aufnahme: {{with}}",
    in_progress: "läuft",
    answered: "angenommen",
    busy: "besetzt",
    no_answer: "niemand nahm ab",
    cancelled: "aufgegeben",
    not_found: "keine solche Nummer",
    rejected: "abgewiesen",
    redirected: "anderswohin geschickt",
    failed: "fehlgeschlagen",
    unknown: "nicht bekannt",
    empty: "Noch keine Anrufe",
    emptyWhat:
      "Hier stehen Anrufe, die Sie machen, und Anrufe an Ihren Namen und Ihre Nummern. Anrufe an eine Gruppe gehören der Gruppe.",
  },
});

const load = async (after: string, limit: number, signal: AbortSignal) => {
  const query = { limit: Math.min(limit, 200), ...(after !== "" && { after }) };
  const { calls, next } = await answer(api.GET("/v1/me/calls", { params: { query }, signal }));
  return { rows: calls, next };
};

/** One's own calls, newest first. */
export function OwnCalls({ call }: { call: (to: string) => Promise<void> }) {
  const t = useText();
  const [heard, setHeard] = useState<OwnCall>();
  return (
    <Section flush>
      <EntityList<OwnCall>
        name="own-calls"
        label={t("label")}
        search={false}
        load={load}
        rowKey={({ id }) => id}
        height="calc(100dvh - 330px)"
        columns={[
          {
            id: "with",
            label: t("with"),
            width: "minmax(140px, 1.4fr)",
            cell: ({ direction, with: other, outcome }) => (
              <span
                className={classes.way}
                data-missed={
                  (direction === "in" && outcome !== "answered" && outcome !== "in_progress") || undefined
                }
              >
                {direction === "in" ? (
                  <IconPhoneIncoming size={16} stroke={1.8} role="img" aria-label={t("in")} />
                ) : (
                  <IconPhoneOutgoing size={16} stroke={1.8} role="img" aria-label={t("out")} />
                )}
                <span className="num">{other}</span>
              </span>
            ),
          },
          {
            id: "when",
            label: t("when"),
            cell: ({ started_at }) => <Moment at={started_at} />,
            width: "minmax(0, 150px)",
          },
          {
            id: "outcome",
            label: t("outcome"),
            cell: ({ outcome }) => t(outcome),
            width: "150px",
            wide: true,
          },
          {
            id: "lasted",
            label: t("lasted"),
            cell: ({ duration_ms }) => (duration_ms === null ? "" : <Span ms={duration_ms} />),
            width: "90px",
            numeric: true,
            wide: true,
          },
          {
            id: "do",
            label: "",
            width: "72px",
            cell: (row) => (
              <Group gap={2} justify="flex-end" wrap="nowrap">
                {row.recording && (
                  <ActionIcon aria-label={t("play", { with: row.with })} onClick={() => setHeard(row)}>
                    <IconPlayerPlay size={16} stroke={1.8} />
                  </ActionIcon>
                )}
                <ActionIcon aria-label={t("back", { with: row.with })} onClick={() => void call(row.with)}>
                  <IconPhoneCall size={16} stroke={1.8} />
                </ActionIcon>
              </Group>
            ),
          },
        ]}
        empty={
          <Empty icon={IconHistory} title={t("empty")}>
            {t("emptyWhat")}
          </Empty>
        }
      />
      <Modal
        opened={heard !== undefined}
        onClose={() => setHeard(undefined)}
        title={t("recording", { with: heard?.with })}
      >
        {heard && (
          // biome-ignore lint/a11y/useMediaCaption: nobody has written down what was said
          <audio
            className={classes.audio}
            controls
            autoPlay
            src={`/v1/me/calls/${heard.id}/audio?format=opus`}
          />
        )}
      </Modal>
    </Section>
  );
}
