import { PasswordInput, type PasswordInputProps, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { defineStrings } from "../shell/i18n.ts";
import classes from "./kit.module.css";
import { type Hint, namesOf, type Strength, strengthOf } from "./strength.ts";
import type { FromJudge, ToJudge } from "./strength-worker.ts";

const useText = defineStrings("new-password", {
  en: {
    meter: "How hard it is to guess",
    level1: "Guessed at once",
    level2: "Guessed easily",
    level3: "Hard to guess",
    level4: "Very hard to guess",
    short: "at least {{least}} characters are needed",
    name: "it contains a name",
    common: "it is like one that many have",
    pattern: "it repeats itself, or follows the keyboard",
  },
  de: {
    meter: "Wie schwer es zu erraten ist",
    level1: "Sofort zu erraten",
    level2: "Leicht zu erraten",
    level3: "Schwer zu erraten",
    level4: "Sehr schwer zu erraten",
    short: "es braucht mindestens {{least}} Zeichen",
    name: "es enthält einen Namen",
    common: "es gleicht einem, das viele haben",
    pattern: "es wiederholt sich oder folgt der Tastatur",
  },
});

/** The newest text judged beside the page; undefined: nothing is typed, or it is not judged yet. */
function useStrength(password: string, names: readonly string[], least: number): Strength | undefined {
  const [typed] = useDebouncedValue(password, 200);
  const worker = useRef<Worker>(undefined);
  const asked = useRef({ id: 0, password: "" });
  const [answer, setAnswer] = useState<FromJudge>();
  useEffect(() => () => worker.current?.terminate(), []);
  const all = names.join("\n");
  useEffect(() => {
    if (typed === "") return;
    // Loaded when the first letter of a password is typed.
    if (!worker.current) {
      worker.current = new Worker(new URL("./strength-worker.ts", import.meta.url), { type: "module" });
      worker.current.onmessage = ({ data }: MessageEvent<FromJudge>) => setAnswer(data);
    }
    asked.current = { id: asked.current.id + 1, password: typed };
    const { id } = asked.current;
    worker.current.postMessage({ id, password: typed, names: all.split("\n") } satisfies ToJudge);
  }, [typed, all]);
  if (password === "" || answer?.id !== asked.current.id) return undefined;
  return strengthOf(asked.current.password, names, least, answer);
}

const states = ["idle", "bad", "warn", "good", "good"] as const;

/** Bars and words. */
function Meter({ strength: { level, hint }, least }: { strength: Strength; least: number }) {
  const t = useText();
  const words = [t("level1"), t("level2"), t("level3"), t("level4")][level - 1] ?? "";
  const more: Record<Hint, string> = {
    short: t("short", { least }),
    name: t("name"),
    common: t("common"),
    pattern: t("pattern"),
  };
  const text = hint === undefined ? words : `${words}: ${more[hint]}`;
  return (
    <div className={classes.strength} data-state={states[level]}>
      <VisuallyHidden>
        <meter aria-label={t("meter")} min={0} max={4} value={level} />
      </VisuallyHidden>
      <div aria-hidden className={classes.strengthBars}>
        {[1, 2, 3, 4].map((bar) => (
          <span key={bar} data-on={bar <= level || undefined} />
        ))}
      </div>
      <span aria-live="polite">{text}</span>
    </div>
  );
}

/**
 * Where somebody sets a password: with a meter below it. What the app refuses is said at the field when it is sent.
 * @param names whose it is @param least characters
 */
export function NewPassword({
  names,
  least,
  ...input
}: PasswordInputProps & { names: readonly unknown[]; least: number }) {
  const strength = useStrength(String(input.value ?? ""), namesOf(...names), least);
  return (
    <div>
      <PasswordInput {...input} autoComplete="new-password" />
      {strength && <Meter strength={strength} least={least} />}
    </div>
  );
}
