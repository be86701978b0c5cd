import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { messageOf } from "../base/message.ts";
import { type Certificates, certificatesSchema } from "../certificates/certificate-schema.ts";
import { apiTargets, ask, print, withApiOptions } from "../client/api.ts";
import { table } from "./table.ts";

const kinds: Record<string, string> = {
  given: "given",
  acme: "from an authority (ACME)",
  generated: "made by the cluster's own authority",
  hosts: "the hosts' own, until there is another",
};

const textOf = ({ used, nodes, authority }: Certificates): string => {
  const facts = [
    ["what", kinds[used.kind] ?? used.kind],
    ["names", used.names.join(", ")],
    ["issuer", used.issuer],
    ["until", used.until],
    ["SHA-256", used.fingerprint],
  ].map(([name, value]) => `${`${name}:`.padEnd(9)}${value}`);
  const rows = nodes.map(({ node, fingerprint, until, problem }) => [
    node,
    fingerprint === null ? "nothing is known" : fingerprint === used.fingerprint ? "this one" : "another one",
    until ?? "",
    problem ?? "",
  ]);
  if (authority) {
    const { directory, state, failure, next_at, renews_at } = authority;
    const words = [state, failure ?? "", next_at ? `next at ${next_at}` : ""].filter((word) => word !== "");
    facts.push(["authority:", directory, `(${words.join("; ")})`].join(" "));
    if (renews_at) facts.push(`renewed: ${renews_at}`);
  }
  return `${facts.join("\n")}\n\n${table(["NODE", "BROWSERS GET", "UNTIL", ""], rows)}`;
};

async function file(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** `dialtone certificates`: what browsers get at the web door. */
export function registerCertificates(program: Command): void {
  const group = withApiOptions(
    program
      .command("certificates")
      .description("certificates of the console and of telephones in browsers (docs/certificates.md)"),
  );
  group.addHelpText(
    "after",
    `
The certificate with which the hosts talk to each other is another one: 'dialtone certificate'.

Examples:
  dialtone certificates                                       which is used, and what browsers get at each node
  dialtone certificates give --cert tel.pem --key tel.key     one of your own, with its chain, for all nodes
  dialtone certificates order                                 from the authority of cluster.yaml (web.acme), now
  dialtone certificates remove                                use it no more`,
  );
  group
    .command("list", { isDefault: true })
    .description("which is used, and what browsers get at each node")
    .action(async (_options: unknown, command: Command) => {
      const found = await ask(apiTargets(command), certificatesSchema, "GET", "/v1/certificates");
      print(command, found, () => textOf(found));
    });
  group
    .command("give")
    .description("give all nodes a certificate of your own; refused whole when anything of it is not right")
    .requiredOption("--cert <file>", "PEM: the certificate, behind it those of who issued it")
    .requiredOption("--key <file>", "PEM: its private key, not encrypted")
    .action(async (options: { cert: string; key: string }, command: Command) => {
      const body = { certificate: await file(options.cert), key: await file(options.key) };
      const path = "/v1/certificates/given";
      const found = await ask(apiTargets(command), certificatesSchema, "PUT", path, body);
      const { used } = found;
      print(command, found, () => `all nodes take it within seconds; good until ${used.until}`);
    });
  group
    .command("order")
    .description("order one from the authority of cluster.yaml (web.acme) now; it is done by itself in time")
    .action(async (_options: unknown, command: Command) => {
      const path = "/v1/certificates/order";
      const found = await ask(apiTargets(command), certificatesSchema, "POST", path);
      print(command, found, () => "ordered within seconds: 'dialtone certificates' says how it goes");
    });
  group
    .command("remove")
    .description("use the given certificate no more")
    .action(async (_options: unknown, command: Command) => {
      const path = "/v1/certificates/given";
      const found = await ask(apiTargets(command), certificatesSchema, "DELETE", path);
      print(command, found, () => `removed; browsers get: ${kinds[found.used.kind] ?? found.used.kind}`);
    });
}
