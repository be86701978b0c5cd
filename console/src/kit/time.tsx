import { useSyncExternalStore } from "react";
import { defineStrings, localeOf, useLanguage } from "../shell/i18n.ts";

/** Times are shown in one zone, the browser's; whoever points at one sees it with its zone. */

const useText = defineStrings("time", { en: { now: "just now" }, de: { now: "gerade eben" } });

const styles = {
  time: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  fine: { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 },
  date: { year: "numeric", month: "short", day: "numeric" },
  both: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

const formats = new Map<string, Intl.DateTimeFormat>();
function format(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, options);
    formats.set(key, found);
  }
  return found;
}

/** 4,200 ms: `4.2 s`; 75 s: `1:15`; 2 h: `2:00:00`. For what lasts or took long. Pure. */
export function spanText(ms: number, locale: string): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toLocaleString(locale, { maximumFractionDigits: 1 })} s`;
  const all = Math.floor(ms / 1000);
  if (all < 60) return `${all} s`;
  const [hours, minutes, seconds] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** A moment. `as`: the time of day (`fine`: with milliseconds), the date, both, or how long ago. */
export function Moment({
  at,
  as = "both",
}: {
  at: string | number | Date;
  as?: keyof typeof styles | "ago";
}) {
  const locale = localeOf(useLanguage());
  const date = new Date(at);
  const full = format(locale, { dateStyle: "full", timeStyle: "long" }).format(date);
  return (
    <time dateTime={date.toISOString()} title={full}>
      {as === "ago" ? <Ago at={date.getTime()} locale={locale} /> : format(locale, styles[as]).format(date)}
    </time>
  );
}

function Ago({ at, locale }: { at: number; locale: string }) {
  const t = useText();
  const ms = useNow() - at;
  return ms < 3000 ? t("now") : agoText(ms, locale);
}

const units = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** 125,000 ms: `2 min. ago`. Pure. */
export function agoText(ms: number, locale: string): string {
  const [unit, length] = units.find(([, each]) => ms >= each) ?? ["second", 1000];
  const words = new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "always" });
  return words.format(-Math.floor(ms / length), unit);
}

/** How long something lasts already, from `since` on; counts by itself. */
export function Lasting({ since }: { since: string | number | Date }) {
  const locale = localeOf(useLanguage());
  const ms = Math.max(0, useNow() - new Date(since).getTime());
  return (
    <span className="num">
      {ms < 60_000 ? `0:${String(Math.floor(ms / 1000)).padStart(2, "0")}` : spanText(ms, locale)}
    </span>
  );
}

/** A length of time, ms. */
export function Span({ ms }: { ms: number }) {
  const locale = localeOf(useLanguage());
  return <span className="num">{spanText(ms, locale)}</span>;
}

/** A figure as the language writes it. */
export function Num({ value, digits = 0 }: { value: number; digits?: number }) {
  const locale = localeOf(useLanguage());
  return <span className="num">{value.toLocaleString(locale, { maximumFractionDigits: digits })}</span>;
}

const tickMs = 1000;
const tickers = new Set<() => void>();
let tick: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

/** The time of day, ms, anew each second: one clock for all that is shown. */
export const useNow = (): number =>
  useSyncExternalStore(
    (changed) => {
      tickers.add(changed);
      tick ??= setInterval(() => {
        now = Date.now();
        for (const each of tickers) each();
      }, tickMs);
      return () => {
        tickers.delete(changed);
        if (tickers.size > 0) return;
        clearInterval(tick);
        tick = undefined;
      };
    },
    () => now,
  );
