import { Stack } from "@mantine/core";
import type { EntityFormApi } from "../../kit/form.tsx";
import { defineStrings } from "../../shell/i18n.ts";
import { ChoiceAt, ListAt, SwitchAt } from "./fields.tsx";

const useText = defineStrings("own-features", {
  en: {
    dnd: "Do not disturb",
    dndHelp: "Callers hear busy; a forwarding when busy is followed; groups pass over.",
    also: "Ring together with",
    alsoHelp: "Up to four other numbers, such as a mobile.",
    phones: "Which telephones ring",
    all: "All of them",
    newest: "Only the one that was used for logging in, or registered, last",
    hide: "Hide the own number",
    hideHelp: "In every call; never from emergency services.",
    anonymous: "Refuse callers who hide their number",
    only: "Only these callers are let through",
    onlyHelp: "Nobody else rings. Numbers; with * at the end all that begin so.",
    never: "Callers not wanted",
    neverHelp: "They are refused. A caller's number can be forged.",
  },
  de: {
    dnd: "Nicht stören",
    dndHelp:
      "Wer anruft, hört besetzt; eine Weiterleitung bei Besetzt gilt; Gruppen übergehen dieses Telefon.",
    also: "Zusammen klingeln mit",
    alsoHelp: "Bis zu vier weitere Nummern, etwa ein Mobiltelefon.",
    phones: "Welche Telefone klingeln",
    all: "Alle",
    newest: "Nur das, an dem zuletzt angemeldet wurde",
    hide: "Eigene Nummer verbergen",
    hideHelp: "In jedem Anruf; nie gegenüber Notrufen.",
    anonymous: "Wer seine Nummer verbirgt, wird abgewiesen",
    only: "Nur diese werden durchgelassen",
    onlyHelp: "Sonst klingelt niemand. Nummern; mit * am Ende alle, die so beginnen.",
    never: "Unerwünschte Anrufer",
    neverHelp: "Sie werden abgewiesen. Eine Anrufernummer lässt sich fälschen.",
  },
});

interface Part {
  form: EntityFormApi;
  /** `features.`, or nothing. */
  base: string;
  disabled: boolean;
}

/** Who is let through, and who rings. */
export function Reachable({ form, base, disabled }: Part) {
  const t = useText();
  const at = (path: string, label: Parameters<typeof t>[0]) => ({
    form,
    disabled,
    path: `${base}${path}`,
    label: t(label),
  });
  return (
    <Stack gap="lg">
      <SwitchAt {...at("dnd", "dnd")} help={t("dndHelp")} />
      <ListAt {...at("also_ring", "also")} help={t("alsoHelp")} max={4} />
      <ChoiceAt
        {...at("phones", "phones")}
        choices={[
          { value: "all", label: t("all") },
          { value: "newest", label: t("newest") },
        ]}
      />
      <SwitchAt {...at("anonymous", "anonymous")} of={{ on: "reject", off: "accept" }} />
      <ListAt {...at("callers.never", "never")} help={t("neverHelp")} />
      <ListAt {...at("callers.only", "only")} help={t("onlyHelp")} none />
      <SwitchAt {...at("hide_caller", "hide")} help={t("hideHelp")} />
    </Stack>
  );
}
