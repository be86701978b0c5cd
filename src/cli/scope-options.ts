import type { Command } from "commander";

/** The part of the service that somebody sees, as options. */

export interface ScopeOptions {
  site?: string[];
  group?: string[];
  number?: string[];
}

export const withScope = (command: Command): Command =>
  command
    .option("--site <name...>", "only what is of this site")
    .option("--group <name...>", "only this group and its members")
    .option("--number <number...>", "only this number, or with * at the end all that begin so");

/** What the options say, and what is left of them; no scope: all of the service. */
export function scopeIn<Options extends ScopeOptions>({ site, group, number, ...rest }: Options) {
  const scope =
    site || group || number ? { sites: site ?? [], groups: group ?? [], numbers: number ?? [] } : undefined;
  return { ...rest, ...(scope && { scope }) };
}
