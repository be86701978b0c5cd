import { resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { renewCertificate } from "../cluster/certificate.ts";
import { type InitOptions, writeInit } from "../cluster/init.ts";
import { findClusterFile, secretsFileOf } from "../cluster/load.ts";

type HostOption = InitOptions["hosts"][number];

const parseHost =
  (role: HostOption["role"]) =>
  (value: string, previous: HostOption[] = []): HostOption[] => {
    const match = /^([^=]+)=([^@]+)(?:@(.+))?$/.exec(value);
    if (!match?.[1] || !match[2])
      throw new InvalidArgumentError("write it as NAME=ADDRESS or NAME=ADDRESS@INTERFACE");
    return [...previous, { name: match[1], role, address: match[2], interface: match[3] ?? "eth0" }];
  };

interface Options {
  name: string;
  service: string;
  node: HostOption[];
  witness?: HostOption[];
  asynchronous: boolean;
  edge?: HostOption[];
  upstream: string[];
  output: string;
}

/** `dialtone init`: writes cluster.yaml and its secrets. */
export function registerInit(program: Command): void {
  program
    .command("init")
    .description("write cluster.yaml and cluster.secrets.yaml for real hosts")
    .requiredOption("--service <address/bits>", "the address that callers use, e.g. 192.0.2.100/24")
    .requiredOption("--node <name=address[@interface]>", "a node; give it twice or more", parseHost("node"))
    .option("--witness <name=address[@interface]>", "the witness", parseHost("witness"))
    .option("--asynchronous", "two sites without a third place for a witness (docs/two-sites.md)", false)
    .option("--edge <name=address[@interface]>", "a content redirector (docs/movers.md)", parseHost("edge"))
    .option("--name <name>", "name of the cluster", "dialtone")
    .option("--upstream <address...>", "router or other addresses that prove a connection", [])
    .option("--output <file>", "where to write", "cluster.yaml")
    .addHelpText(
      "after",
      `
Example:
  dialtone init --service 192.0.2.100/24 --node a=192.0.2.11@eno1 --node b=192.0.2.12@eno1 \\
                --witness w=192.0.2.13 --upstream 192.0.2.1
Then copy both files to /etc/dialtone/ on each host and run 'dialtone up --host NAME' there.`,
    )
    .action((options: Options, command: Command) => {
      const file = resolve(options.output);
      if (!options.witness && !options.asynchronous)
        command.error(
          "error: --witness is missing: of two nodes that lose each other it says which one goes on. Two sites and no third place: --asynchronous",
        );
      writeInit(file, {
        cluster: options.name,
        serviceAddress: options.service,
        hosts: [...options.node, ...(options.witness ?? []), ...(options.edge ?? [])],
        upstream: options.upstream,
        asynchronous: options.asynchronous,
      });
      const written = { cluster: file, secrets: secretsFileOf(file) };
      process.stdout.write(
        command.optsWithGlobals().json
          ? `${JSON.stringify(written)}\n`
          : `wrote ${written.cluster}\nwrote ${written.secrets} (mode 0600: keep it secret)\nNext: copy both to /etc/dialtone/ on every host.\n`,
      );
    });

  program
    .command("certificate")
    .description("a new certificate of the same authority, when hosts were added to cluster.yaml")
    .addHelpText(
      "after",
      `
Writes tls.cert and tls.key into cluster.secrets.yaml again. Copy both files to all hosts and restart their agents, standby
first; the old certificate stays good meanwhile.

Example:
  dialtone certificate --config /etc/dialtone/cluster.yaml`,
    )
    .action((_options: unknown, command: Command) => {
      const { config, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>();
      const file = findClusterFile(config);
      const added = renewCertificate(file);
      const words = added.length > 0 ? `names ${added.join(", ")} now` : "names the same hosts as before";
      process.stdout.write(
        json ? `${JSON.stringify({ added })}\n` : `${secretsFileOf(file)}: the certificate ${words}\n`,
      );
    });
}
