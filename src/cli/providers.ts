import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { password as askPassword } from "@inquirer/prompts";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import {
  type newProviderSchema,
  providerChecked,
  providerList,
  providerSchema,
} from "../access/provider-schema.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { roles } from "../http/access.ts";
import { getOne, type Kind } from "./kept.ts";
import { table } from "./table.ts";

const kind = {
  what: "identity provider",
  path: "identity-providers",
  schema: providerSchema,
} satisfies Kind<typeof providerSchema>;
const done = z.object({ name: z.string() });
const pathOf = (name: string): string => `/v1/identity-providers/${encodeURIComponent(name)}`;

/** All of them: nobody has more than a page. */
const known = (command: Command) =>
  ask(apiTargets(command), providerList, "GET", "/v1/identity-providers?limit=1000");

/** `staff=operator`, one more. Pure. */
function mapped(given: string, before: { value: string; role: string }[] = []) {
  const at = given.lastIndexOf("=");
  const role = given.slice(at + 1);
  if (at < 1 || !roles.some((one) => one === role))
    throw new InvalidArgumentError(`must be VALUE=ROLE, with one of ${roles.join(", ")}`);
  return [...before, { value: given.slice(0, at), role }];
}

/** Asked at the terminal; else the first line of standard input. Never an argument: those are seen by everybody on the host. */
async function typedSecret(): Promise<string> {
  if (process.stdin.isTTY) return await askPassword({ message: "Client secret:", mask: true });
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}

interface SetOptions {
  issuer: string;
  clientId: string;
  label?: string;
  public?: true;
  keepSecret?: true;
  scope?: string[];
  claim?: string;
  newPeople?: string;
  rolesClaim?: string;
  role?: { value: string; role: string }[];
  secondFactor?: string;
  acr?: string[];
  ca?: string;
}

/** `dialtone providers`: by whom else people log in (OpenID Connect). */
export function registerProviders(program: Command): void {
  const group = withApiOptions(
    program.command("providers").description("identity providers by which people log in (OpenID Connect)"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone providers redirect                        the address that has to be registered at the provider
  dialtone providers set keycloak --label Office --issuer https://id.example.com/realms/office --client-id dialtone
                                                     asks for the client's secret
  dialtone providers check keycloak                  does it answer?
  dialtone people link ada keycloak ada@example.com  who logs in there with this address is ada
How to set up Keycloak, Entra ID and Google: docs/access.md.`,
  );
  group
    .command("list")
    .description("all of them")
    .action(async (_options: unknown, command: Command) => {
      const { providers: all } = await known(command);
      print(command, all, () =>
        all.length === 0
          ? "none yet: people log in by password and passkey"
          : table(
              ["NAME", "LABEL", "ISSUER", "NAMED BY", "NEW PEOPLE", "ROLES BY"],
              all.map(({ name, label, issuer, name_claim, new_people, roles_claim }) => [
                name,
                label,
                issuer,
                name_claim,
                new_people ?? "refused",
                roles_claim ?? "",
              ]),
            ),
      );
    });
  group
    .command("show <name>")
    .description("one of them, as the API knows it")
    .action(async (name: string, _options: unknown, command: Command) => {
      const one = await getOne(command, kind, name);
      print(command, one, () => JSON.stringify(one, undefined, 2));
    });
  group
    .command("redirect")
    .description("the addresses to which providers send browsers back; the first is enough")
    .action(async (_options: unknown, command: Command) => {
      const { redirect_uris } = await known(command);
      print(command, { redirect_uris }, () => redirect_uris.join("\n"));
    });
  group
    .command("set <name>")
    .description("makes or replaces one; its secret is asked for, or read from standard input")
    .requiredOption("--issuer <url>", "as the provider calls itself, without /.well-known/…")
    .requiredOption("--client-id <id>", "what it calls this service")
    .option("--label <text>", "on the login page's button; default: its name")
    .addOption(new Option("--public", "it gave no secret (PKCE alone)").conflicts("keepSecret"))
    .option("--keep-secret", "the secret that is there stays")
    .option("--scope <scope...>", "default: openid profile email")
    .option("--claim <name>", "what names the person; default: email, if it is verified")
    .addOption(
      new Option("--new-people <role>", "make people whom nobody knows here; default: refuse them").choices([
        "user",
        "auditor",
        "operator",
      ]),
    )
    .option("--roles-claim <name>", "where it says what somebody may: groups, realm_access.roles")
    .option("--role <value=role>", "what in it is which role; may be given again", mapped)
    .addOption(
      new Option("--second-factor <when>", "does its login count as a second factor").choices([
        "never",
        "claims",
        "always",
      ]),
    )
    .option("--acr <value...>", "acr that count as a second factor; they are asked for")
    .option(
      "--ca <file>",
      "PEM: whose certificates are believed, for a provider with an authority of its own",
    )
    .action(async (name: string, options: SetOptions, command: Command) => {
      const secret = options.public ? null : options.keepSecret ? undefined : await typedSecret();
      const body: z.input<typeof newProviderSchema> = {
        name,
        label: options.label ?? name,
        issuer: options.issuer,
        client_id: options.clientId,
        ...(secret !== undefined && { client_secret: secret }),
        ...(options.scope && { scopes: options.scope }),
        ...(options.claim !== undefined && { name_claim: options.claim }),
        ...(options.newPeople !== undefined && { new_people: options.newPeople as "user" }), // one of its choices
        ...(options.rolesClaim !== undefined && { roles_claim: options.rolesClaim }),
        ...(options.role && { roles: options.role as { value: string; role: "user" }[] }), // looked at in mapped()
        ...(options.secondFactor !== undefined && { second_factor: options.secondFactor as "claims" }), // one of its choices
        ...(options.acr && { acr_values: options.acr }),
        ...(options.ca !== undefined && { ca: await readFile(options.ca, "utf8") }),
      };
      const answer = await ask(apiTargets(command), done, "PUT", pathOf(name), body);
      print(
        command,
        answer,
        () => `people log in by ${answer.name}: 'dialtone providers check ${answer.name}'`,
      );
    });
  group
    .command("check <name>")
    .description("asks it what it is: would a login begin now?")
    .action(async (name: string, _options: unknown, command: Command) => {
      const found = await ask(apiTargets(command), providerChecked, "POST", `${pathOf(name)}/check`);
      print(
        command,
        found,
        () =>
          `${found.issuer} answers${found.auth_time ? "" : "; it does not say that it tells when somebody logged in (auth_time)"}`,
      );
    });
  group
    .command("remove <name>")
    .description("nobody logs in by it any more; logins that are there go on until they end")
    .action(async (name: string, _options: unknown, command: Command) => {
      const answer = await ask(apiTargets(command), done, "DELETE", pathOf(name));
      print(command, answer, () => `identity provider ${answer.name} removed`);
    });
}
