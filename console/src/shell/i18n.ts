import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";

/** German and English. Strings stand with the page or piece that shows them: `defineStrings`. */

export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;
export type Bilingual = Record<Language, string>;

const remembered = "dialtone.language";

const isLanguage = (text: string | null | undefined): text is Language => text === "en" || text === "de";

function firstLanguage(): Language {
  const chosen = localStorage.getItem(remembered);
  if (isLanguage(chosen)) return chosen;
  for (const tag of navigator.languages) {
    const language = tag.slice(0, 2).toLowerCase();
    if (isLanguage(language)) return language;
  }
  return "en";
}

void i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: "en",
  resources: {},
  interpolation: { escapeValue: false }, // React does
  returnNull: false,
  initAsync: false,
});
document.documentElement.lang = i18next.language;

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(remembered, language);
  document.documentElement.lang = language;
  await i18next.changeLanguage(language);
}

/** The language that is shown now; the component is shown anew when it changes. */
export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return isLanguage(i18n.language) ? i18n.language : "en";
}

/** For what formats: dates and numbers as the browser's own region writes them, if it is of that language. */
export const localeOf = (language: Language): string =>
  navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ??
  (language === "de" ? "de-DE" : "en-GB");

/** Plural forms are written as i18next wants them: `calls_one`, `calls_other`; they are asked for as `calls`. */
type Key<K extends string> = K extends `${infer Base}_${"one" | "other" | "zero"}` ? Base : K;
export type Text<K extends string> = (key: Key<K>, values?: Record<string, unknown>) => string;

/**
 * Strings of one page or piece: both languages have the same keys, or it does not compile. Returns the hook that reads
 * them: `const useText = defineStrings("calls", { en: { title: "Calls" }, de: { title: "Gespräche" } });`.
 * `{{name}}` in a string is filled from `values`; `count` chooses among `_one` and `_other`.
 * @param space a name of its own for each call
 */
export function defineStrings<K extends string>(
  space: string,
  strings: { en: Record<K, string>; de: Record<NoInfer<K>, string> },
): (() => Text<K>) & { now: Text<K> } {
  for (const language of ["en", "de"] as const)
    i18next.addResourceBundle(language, space, strings[language], true, true);
  // biome-ignore lint/correctness/noComponentHookFactories: called by modules, once each, never within a component
  const useText = (): Text<K> => {
    const { t } = useTranslation(space);
    return (key, values) => t(key as string, { ...values });
  };
  /** Outside of components. */
  const now: Text<K> = (key, values) => i18next.t(key as string, { ns: space, ...values });
  return Object.assign(useText, { now });
}
