import { TextInput, type TextInputProps } from "@mantine/core";
import { defineStrings } from "./i18n.ts";

export const useCodeText = defineStrings("code-field", {
  en: {
    code: "One-time code",
    what: "Six digits from your authenticator app, or a recovery code",
    wrong: "That code is not right, or it was used already.",
  },
  de: {
    code: "Einmalcode",
    what: "Sechs Ziffern aus Ihrer Authenticator-App, oder ein Ersatzcode",
    wrong: "Dieser Code stimmt nicht, oder er wurde schon benutzt.",
  },
});

/** Where somebody who logs in gives a code of the second factor. */
export function CodeField(props: TextInputProps) {
  const t = useCodeText();
  return (
    <TextInput
      label={t("code")}
      description={t("what")}
      autoComplete="one-time-code"
      autoCapitalize="characters"
      spellCheck={false}
      autoFocus
      required
      withAsterisk={false}
      size="md"
      {...props}
    />
  );
}
