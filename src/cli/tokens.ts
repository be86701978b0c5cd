import { type Command, Option } from "commander";
import { z } from "zod";
import { longestTokenDays, tokenMade, tokenSchema } from "../access/token-schema.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { roles } from "../http/access.ts";
import { getAll, type Kind } from "./kept.ts";
import { positive } from "./options.ts";
import { type ScopeOptions, scopeIn, withScope } from "./scope-options.ts";
import { table } from "./table.ts";

const kind = { what: "token", path: "tokens", schema: tokenSchema } satisfies Kind<typeof tokenSchema>;
const pathOf = (name: string): string => `/v1/tokens/${encodeURIComponent(name)}`;

interface AddOptions extends ScopeOptions {
  role: string;
  days: number;
  area?: string[];
}

/** `dialtone tokens`: what programs ask the API with. */
export function registerTokens(program: Command): void {
  const group = withApiOptions(
    program.command("tokens").description("tokens with which programs ask the API (people: dialtone people)"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone tokens add wallboard --role auditor --area calls --area records --days 365
  dialtone tokens add bonn --role operator --site bonn --days 90     of one site only
  DIALTONE_TOKEN=dt_… dialtone records list --api https://192.0.2.100:8443
What each role may: docs/access.md.`,
  );
  group
    .command("list")
    .description("all that are good, or were until they ended by themselves")
    .action(async (_options: unknown, command: Command) => {
      const tokens = await getAll(command, kind);
      const now = new Date().toISOString();
      print(command, tokens, () =>
        tokens.length === 0
          ? "none yet: 'dialtone tokens add NAME --role auditor' makes one"
          : table(
              ["NAME", "OWNER", "ROLE", "FOR", "ENDS", "LAST USED", ""],
              tokens.map(({ name, owner, role, scope, areas, expires_at, used_at }) => [
                name,
                owner ?? "",
                scope === null ? role : `${role} of a part`,
                areas?.join(",") ?? "everything",
                expires_at,
                used_at ?? "never",
                expires_at <= now ? "over" : "",
              ]),
            ),
      );
    });
  withScope(group.command("add <name>"))
    .description("a new one; it is printed this once")
    .addOption(new Option("--role <role>", "what it may do").choices(roles).makeOptionMandatory())
    .option("--days <days>", `how long it is good, at most ${longestTokenDays}`, positive("days"), 90)
    .option("--area <part...>", "only this part of the API: records, calls, users, …")
    .action(async (name: string, options: AddOptions, command: Command) => {
      const { days, area, ...rest } = scopeIn(options);
      const body = {
        name,
        ...rest,
        expires_at: new Date(Date.now() + days * 86_400_000).toISOString(),
        ...(area && { areas: area }),
      };
      const made = await ask(apiTargets(command), tokenMade, "POST", "/v1/tokens", body);
      print(command, made, () => made.token);
    });
  group
    .command("remove <name>")
    .description("it opens nothing any more, within a second at all nodes")
    .action(async (name: string, _options: unknown, command: Command) => {
      const done = await ask(apiTargets(command), z.object({ name: z.string() }), "DELETE", pathOf(name));
      print(command, done, () => `token ${done.name} ended`);
    });
}
