import { callingCodeOf, planOf } from "./plan.ts";

/** How another system (a carrier, a PBX) wants numbers written. */
export const numberFormats = ["e164", "e164-bare", "international", "national", "local"] as const;
export type NumberFormat = (typeof numberFormats)[number];

/** Where it is: what need not be dialled there. */
export interface Where {
  country: string;
  area_code?: string | undefined;
}

/**
 * A canonical number in the form that another system wants: `e164` +49711…, `e164-bare` 49711…, `international` 0049711… as
 * it is dialled abroad from that country, `national` 0711… within the country (else `international`), `local` without the
 * area code within the area (else `national`). What is no number of the world stays as it is. Pure.
 * @param number canonical (canonical.ts)
 */
export function formatted(number: string, format: NumberFormat, where: Where): string {
  if (!/^\+[0-9]+$/.test(number) || format === "e164") return number;
  const digits = number.slice(1);
  if (format === "e164-bare") return digits;
  const { callingCode, idd, trunk } = planOf(where.country);
  const abroad = `${idd ?? "00"}${digits}`;
  if (format === "international" || callingCodeOf(number) !== callingCode) return abroad;
  const national = digits.slice(callingCode.length);
  const area = where.area_code;
  if (format === "local" && area !== undefined && area !== "" && national.startsWith(area))
    return national.slice(area.length);
  return `${trunk ?? ""}${national}`;
}
