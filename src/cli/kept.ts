import type { Command } from "commander";
import { z } from "zod";
import { apiTargets, ask, print } from "../client/api.ts";
import { table } from "./table.ts";

/** What all commands that keep named things share: ask the API, list, show, remove. */

const versioned = z.object({ rules_version: z.int() });

/** What is kept: /v1/PATH, one of them as `schema` says. */
export interface Kind<Schema extends z.ZodType> {
  what: string;
  path: string;
  schema: Schema;
}

const pathOf = ({ path }: Kind<z.ZodType>, name: string): string => `/v1/${path}/${encodeURIComponent(name)}`;

export const getOne = <Schema extends z.ZodType>(
  command: Command,
  kind: Kind<Schema>,
  name: string,
): Promise<z.infer<Schema>> => ask(apiTargets(command), kind.schema, "GET", pathOf(kind, name));

/** All of them, page by page. */
export async function getAll<Schema extends z.ZodType>(
  command: Command,
  { path, schema }: Kind<Schema>,
): Promise<z.infer<Schema>[]> {
  const page = z.object({ [path]: z.array(schema), next: z.string().nullable() });
  const all: z.infer<Schema>[] = [];
  for (let after = ""; ; ) {
    const found = await ask(
      apiTargets(command),
      page,
      "GET",
      `/v1/${path}?limit=1000&after=${encodeURIComponent(after)}`,
    );
    all.push(...(found[path] as z.infer<Schema>[]));
    const next = found.next as string | null;
    if (next === null) return all;
    after = next;
  }
}

/** Makes one, or replaces it; says so. */
export async function putOne(
  command: Command,
  kind: Kind<z.ZodType>,
  name: string,
  body: object,
  said: string,
): Promise<void> {
  const answer = await ask(apiTargets(command), versioned, "PUT", pathOf(kind, name), body);
  print(command, { name, ...answer }, () => said);
}

/** The commands `list`, `show` and `remove` of a group. */
export function registerKept<Schema extends z.ZodType<{ name: string }>>(
  group: Command,
  kind: Kind<Schema>,
  {
    head,
    row,
    none,
    show = (one) => JSON.stringify(one, undefined, 2),
    shown = `one ${kind.what}, as the API knows it`,
  }: {
    head: string[];
    row(one: z.infer<Schema>): (string | number)[];
    none: string;
    /** What `show` prints, and says of itself. */
    show?(one: z.infer<Schema>): string;
    shown?: string;
  },
): void {
  const { what } = kind;
  group
    .command("list")
    .description(`all ${kind.path}`)
    .action(async (_options: unknown, command: Command) => {
      const all = await getAll(command, kind);
      print(command, all, () => (all.length === 0 ? none : table(head, all.map(row))));
    });
  group
    .command("show <name>")
    .description(shown)
    .action(async (name: string, _options: unknown, command: Command) => {
      const one = await getOne(command, kind, name);
      print(command, one, () => show(one));
    });
  group
    .command("remove <name>")
    .description(`remove a ${what}`)
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(apiTargets(command), versioned, "DELETE", pathOf(kind, name));
      print(command, { name, ...answer }, () => `${what} ${name} removed`);
    });
}
