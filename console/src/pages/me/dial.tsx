import { Button, Group, Loader, Text, TextInput } from "@mantine/core";
import { IconPhoneCall, IconPhoneX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, ask } from "../../api/client.ts";
import { messageOf } from "../../api/problem.ts";
import { defineStrings } from "../../shell/i18n.ts";
import classes from "./me.module.css";
import type { Dial } from "./types.ts";

const useText = defineStrings("dial", {
  en: {
    label: "Call a number or a name",
    help: "Your telephone rings first; when you pick it up, it calls.",
    call: "Call",
    cancel: "Cancel",
    waiting: "Your telephone is about to ring",
    calling: "Your telephone rings: pick it up to call {{to}}",
    answered: "Your telephone calls {{to}}",
    referring: "Your telephone calls {{to}}",
    connected: "You talk to {{to}}",
    failed: "{{to}} was not reached: {{why}}",
    cancelled: "Cancelled",
  },
  de: {
    label: "Eine Nummer oder einen Namen anrufen",
    help: "Zuerst klingelt Ihr Telefon; wenn Sie abheben, ruft es an.",
    call: "Anrufen",
    cancel: "Abbrechen",
    waiting: "Ihr Telefon klingelt gleich",
    calling: "Ihr Telefon klingelt: Heben Sie ab, um {{to}} anzurufen",
    answered: "Ihr Telefon ruft {{to}} an",
    referring: "Ihr Telefon ruft {{to}} an",
    connected: "Sie sprechen mit {{to}}",
    failed: "{{to}} wurde nicht erreicht: {{why}}",
    cancelled: "Abgebrochen",
  },
});

const isOver = (state: Dial["state"]): boolean => ["connected", "failed", "cancelled"].includes(state);

/** One's own telephone rings and calls whom one clicks. */
export function useDial() {
  const [id, setId] = useState<string>();
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { data, refetch } = useQuery({
    queryKey: ["me", "dial", id],
    enabled: id !== undefined,
    queryFn: () => answer(api.GET("/v1/me/dials/{id}", { params: { path: { id: id ?? "" } } })),
    refetchInterval: ({ state }) => (state.data && isOver(state.data.state) ? false : 700),
  });
  return {
    dial: data,
    fault,
    busy,
    begin: async (to: string): Promise<void> => {
      setBusy(true);
      setFault(undefined);
      setId(undefined);
      try {
        const { data: made } = await ask<Dial>("POST", "/v1/me/dials", { body: { to } });
        setId(made.id);
        window.scrollTo({ top: 0, behavior: "smooth" });
      } catch (error) {
        setFault(messageOf(error));
      }
      setBusy(false);
    },
    cancel: async (): Promise<void> => {
      // It may be over already: what is so is asked anew.
      await ask("DELETE", `/v1/me/dials/${id}`).catch((error: unknown) => setFault(messageOf(error)));
      await refetch();
    },
  };
}

export function DialBar({
  dial: { dial, fault, busy, begin, cancel },
}: {
  dial: ReturnType<typeof useDial>;
}) {
  const t = useText();
  const [to, setTo] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (to.trim() !== "") void begin(to.trim());
      }}
    >
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          flex={1}
          label={t("label")}
          description={t("help")}
          value={to}
          error={fault}
          type="tel"
          autoComplete="off"
          onChange={({ currentTarget }) => setTo(currentTarget.value)}
        />
        <Button
          type="submit"
          loading={busy}
          disabled={to.trim() === ""}
          leftSection={<IconPhoneCall size={16} stroke={1.8} aria-hidden />}
        >
          {t("call")}
        </Button>
      </Group>
      <div role="status">
        {dial && (
          <div className={classes.state}>
            {!isOver(dial.state) && <Loader size="xs" />}
            <Text size="sm">{t(dial.state, { to: dial.to, why: dial.why || dial.code })}</Text>
            {!isOver(dial.state) && (
              <Button
                size="compact-sm"
                variant="default"
                leftSection={<IconPhoneX size={14} stroke={1.8} aria-hidden />}
                onClick={() => void cancel()}
              >
                {t("cancel")}
              </Button>
            )}
          </div>
        )}
      </div>
    </form>
  );
}
