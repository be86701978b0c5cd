/** CSV (RFC 4180) that people open in a spreadsheet. All pure. */

/**
 * One cell. What a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV injection): strangers choose what
 * stands in some fields. A number (`+49711…`, `-5`) is none. An object is written as JSON.
 */
export function csvCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const safe = /^[=@\t\r]|^[+-](?![\d ().-]*$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csvLine = (values: readonly unknown[]): string => `${values.map(csvCell).join(",")}\r\n`;
