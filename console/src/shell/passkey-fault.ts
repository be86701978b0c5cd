import { ApiProblem, messageOf } from "../api/problem.ts";
import { defineStrings } from "./i18n.ts";

const useText = defineStrings("passkey-fault", {
  en: {
    given: "No passkey was given. Try again, or go on without.",
    known: "This device has a passkey of yours already.",
    refused: "This passkey is not known here any more, or it is not yours. Use another way to log in.",
  },
  de: {
    given: "Es wurde kein Passkey gegeben. Versuchen Sie es noch einmal oder ohne.",
    known: "Dieses Gerät hat schon einen Passkey von Ihnen.",
    refused:
      "Diesen Passkey gibt es hier nicht mehr, oder es ist nicht Ihrer. Melden Sie sich auf andere Weise an.",
  },
});

/** What went wrong with a passkey: a browser tells it in its own words, and in English (WebAuthn level 3, 5.1). */
export function usePasskeyFault(): (error: unknown) => string {
  const t = useText();
  return (error) => {
    if (error instanceof ApiProblem) return error.code === "login-refused" ? t("refused") : messageOf(error);
    const name = error instanceof Error ? error.name : "";
    // Both are what it says when somebody turns away, or takes too long.
    if (name === "NotAllowedError" || name === "AbortError") return t("given");
    return name === "InvalidStateError" ? t("known") : messageOf(error);
  };
}
