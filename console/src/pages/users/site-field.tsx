import { useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client.ts";
import type { FieldLook } from "../../kit/form.tsx";
import { defineStrings } from "../../shell/i18n.ts";

const useText = defineStrings("site-field", {
  en: {
    site: "Site",
    help: "Where it dials from: what numbers mean, which time it is, whom emergency services get told.",
    none: "By its network, or the default one",
  },
  de: {
    site: "Standort",
    help: "Von wo es wählt: was Nummern bedeuten, welche Zeit gilt, was Notrufe erfahren.",
    none: "Nach seinem Netz, sonst der übliche",
  },
});

/** The choice of a site, for forms. */
export function useSiteField(): FieldLook {
  const t = useText();
  const { data } = useQuery({
    queryKey: ["sites", "names"],
    queryFn: () => answer(api.GET("/v1/sites", { params: { query: { limit: 1000 } } })),
  });
  return {
    label: t("site"),
    help: t("help"),
    kind: "choice",
    placeholder: t("none"),
    choices: (data?.sites ?? []).map(({ name }) => ({ value: name, label: name })),
  };
}
