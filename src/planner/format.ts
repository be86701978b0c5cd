import type { Assumption } from "./build.ts";
import type { Range } from "./units.ts";

/** How figures are written for people. Pure. */

/** "0.6 s", "12 min", "4.5 h", "3 days". */
export function timeText(seconds: number): string {
  if (!Number.isFinite(seconds)) return "everything";
  if (seconds === 0) return "0 s";
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(2))} ms`;
  if (seconds < 100) return `${Number(seconds.toPrecision(2))} s`;
  if (seconds < 600) return `${Number((seconds / 60).toPrecision(2))} min`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Number((seconds / 3600).toFixed(1))} h`;
  const months = seconds / 2_628_000;
  if (months < 2) return `${Number((seconds / 86_400).toFixed(1))} days`;
  if (months < 11.95) return `${Number(months.toFixed(1))} months`;
  return months < 12.05 ? "1 year" : `${Number((months / 12).toFixed(1))} years`;
}

/** "60 min" or "year", after the words "in any". */
export const windowText = (seconds: number): string => timeText(seconds).replace(/^1 year$/, "year");

export const hoursText = (hours: number): string => timeText(hours * 3600);

/** "once in 12 years", "2.4 times a year". */
export function oftenText(perYear: number): string {
  if (perYear === 0) return "never seen";
  if (perYear >= 0.95) return `${perYear.toFixed(1)} times a year`;
  const years = 1 / perYear;
  return `once in ${years < 10 ? years.toFixed(1) : Number(years.toPrecision(2)).toLocaleString("en-GB")} years`;
}

/** Writes amounts in a currency: whole units, three significant digits above a thousand. */
export function moneyFormat(currency: string): (amount: number) => string {
  const whole = new Intl.NumberFormat("en-GB", { style: "currency", currency, maximumFractionDigits: 0 });
  return (amount) =>
    whole
      .format(Math.abs(amount) < 1000 ? Math.round(amount) : Number(amount.toPrecision(3)))
      .replace("-0", "0");
}

export const shareText = (share: number): string =>
  `${share >= 0.1 ? (share * 100).toFixed(0) : (share * 100).toFixed(1)} %`;

/** An assumption's range as it would be written in plan.yaml. */
export function rangeText({ range, unit, id }: Pick<Assumption, "range" | "unit" | "id">): string {
  const write = (value: number): string => {
    if (unit === "time") return id.endsWith(".effort") ? `${value} h a year` : timeText(value);
    if (unit === "per year") return value === 0 ? "never" : oftenText(value);
    if (unit === "money") return Number(value.toPrecision(3)).toLocaleString("en-GB");
    return unit === "availability"
      ? `${Number((value * 100).toFixed(4))} %`
      : `${Number((value * 100).toFixed(1))} %`;
  };
  if (range.low === range.high) return write(range.low);
  // "once in 6.7 to 20 years": the rarer end comes second.
  if (unit === "per year" && range.low > 0 && range.high < 0.95)
    return `once in ${Number((1 / range.high).toPrecision(2))} to ${Number((1 / range.low).toPrecision(2))} years`;
  if (unit === "per year" && range.low >= 0.95)
    return `${Number(range.low.toPrecision(2))} to ${Number(range.high.toPrecision(2))} times a year`;
  if (unit === "per year" && range.low > 0)
    return `${Number(range.low.toPrecision(2))} to ${Number(range.high.toPrecision(2))} a year`;
  return spanText(range, write);
}

const spanText = ({ low, high }: Range, write: (value: number) => string) =>
  `${write(low)} to ${write(high)}`;
