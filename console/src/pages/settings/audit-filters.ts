import { useRouter } from "@tanstack/react-router";
import type { MouseEvent } from "react";

/** What is looked for in the record of changes, as it stands in the page's address: `?who=ada&period=day`. */

const names = ["who", "route", "period", "since", "until"] as const;
export type AuditFilters = Partial<Record<(typeof names)[number], string>>;

/** @param search of the address, with or without `?`; what is not known is left out. Pure. */
export function readAuditFilters(search: string): AuditFilters {
  const params = new URLSearchParams(search);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = params.get(name)?.trim();
      return value ? [[name, value]] : [];
    }),
  );
}

/** The same back; `""` without any. Pure. */
export function writeAuditFilters(filters: AuditFilters): string {
  const params = new URLSearchParams(
    names.flatMap((name): [string, string][] => {
      const value = filters[name]?.trim();
      return value ? [[name, value]] : [];
    }),
  );
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

/** Properties of a link to the changes that these find. The router's own would write a name of figures as a figure. */
export function useAuditLink() {
  const { history } = useRouter();
  return (filters: AuditFilters) => {
    const href = `/console/audit${writeAuditFilters(filters)}`;
    return {
      href,
      onClick: (event: MouseEvent) => {
        // In another tab: as the browser does it.
        if (event.metaKey || event.ctrlKey || event.shiftKey) return;
        event.preventDefault();
        history.push(href);
      },
    };
  };
}

/**
 * The cursor before which the newest entry is the one of this id: the API tells those that are older than a cursor. Pure.
 * @param id 32 hex digits; undefined: it is no id
 */
export const cursorBefore = (id: string): string | undefined =>
  /^[0-9a-f]{32}$/.test(id) ? (BigInt(`0x${id}`) + 1n).toString(16).padStart(32, "0") : undefined;

/** A path as people write it: `/v1/numbers/+49711`. Pure. */
export function readable(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path; // somebody's own percent sign
  }
}
