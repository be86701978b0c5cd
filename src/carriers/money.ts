/**
 * Money: whole millionths ("micros") of a currency's unit. Sums, comparisons and conversions are exact or rounded half up in
 * one place; there are no fractions in floating point.
 */

/** Micros in one unit. */
export const microsPerUnit = 1_000_000;

/** 4,000 units: the most that a minute or a connection may cost, so that a price fits 32 bits. */
const mostMicros = 4_000 * microsPerUnit;

/**
 * A price as people write it, with a point or a comma before its decimals: `0.0123`, `0,0123`, `1.234,50`, `1,234.50`. A single
 * comma is always the decimal one. Pure.
 * @param most more is refused, micros; default: what a minute may cost
 * @returns micros
 * @throws Error that says what is wrong with it
 */
export function microsOf(text: string, most = mostMicros): number {
  const match = /^(?:(\d{1,3}(?:\.\d{3})+),(\d+)|(\d{1,3}(?:,\d{3})+)\.(\d+)|(\d*)[.,](\d+)|(\d+))$/.exec(
    text,
  );
  if (!match) throw new Error(`'${text}' is no price such as 0.0123`);
  const [, german = "", a = "", english = "", b = "", plain = "", c = "", whole = ""] = match;
  const units = (german || english || plain || whole).replace(/[.,]/g, "") || "0";
  const decimals = (a || b || c).replace(/0+$/, "");
  if (decimals.length > 6) throw new Error(`'${text}' has more than 6 decimals, which would be lost`);
  const micros = Number(units) * microsPerUnit + Number(decimals.padEnd(6, "0"));
  if (!(micros <= most))
    throw new Error(`'${text}' is more than ${most / microsPerUnit}: is it in another unit?`);
  return micros;
}

/** Micros as a decimal number: `0.0123`, `12`. Pure. */
export function amountText(micros: number): string {
  const units = Math.floor(Math.abs(micros) / microsPerUnit);
  const decimals = String(Math.abs(micros) % microsPerUnit)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return `${micros < 0 ? "-" : ""}${units}${decimals && `.${decimals}`}`;
}

/**
 * An amount in another currency, rounded half up to a micro. Pure.
 * @param rate what one unit is worth in that currency, in micros
 */
export const converted = (micros: number, rate: number): number =>
  rate === microsPerUnit
    ? micros
    : Number((BigInt(micros) * BigInt(rate) + BigInt(microsPerUnit / 2)) / BigInt(microsPerUnit));
