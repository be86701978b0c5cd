import type { Command } from "commander";
import { stringify } from "yaml";
import { allHosts } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { metricsToken } from "../cluster/secrets.ts";

interface Global {
  config?: string;
  json?: boolean;
}

/** The scrape job of a prometheus.yml. Pure. */
const scrapeConfig = (hosts: { name: string; address: string }[], port: number) => ({
  scrape_configs: [
    {
      job_name: "dialtone",
      scheme: "https",
      tls_config: { ca_file: "/etc/prometheus/dialtone-ca.crt" },
      authorization: { credentials_file: "/etc/prometheus/dialtone-token" },
      static_configs: hosts.map(({ name, address }) => ({
        targets: [`${address}:${port}`],
        labels: { instance: name },
      })),
    },
  ],
});

/** `dialtone metrics …` */
export function registerMetrics(program: Command): void {
  const group = program
    .command("metrics")
    .description("what a Prometheus needs to read this cluster's figures")
    .addHelpText(
      "after",
      `
Open the port first: 'metrics: { port: 8445 }' in cluster.yaml. Rules for alerts: docs/monitoring/dialtone.rules.yml.

Examples:
  dialtone metrics config >> prometheus.yml
  dialtone metrics token  > /etc/prometheus/dialtone-token     (chmod 600; good for reading figures only)
  dialtone metrics ca     > /etc/prometheus/dialtone-ca.crt`,
    );
  const print = (command: Command, text: string, value: unknown) =>
    process.stdout.write(command.optsWithGlobals<Global>().json ? `${JSON.stringify(value)}\n` : `${text}\n`);
  const fileOf = (command: Command) => findClusterFile(command.optsWithGlobals<Global>().config);
  group
    .command("config")
    .description("the scrape job for prometheus.yml")
    .action((_options: unknown, command: Command) => {
      const file = fileOf(command);
      const cluster = loadCluster(file);
      if (cluster.metrics.port === undefined)
        throw new Error(
          `${file}: metrics.port is missing: the figures are closed; write 'metrics: { port: 8445 }'`,
        );
      const config = scrapeConfig(allHosts(cluster), cluster.metrics.port);
      print(command, stringify(config).trimEnd(), config);
    });
  group
    .command("token")
    .description("the bearer token, good for reading figures only")
    .action((_options: unknown, command: Command) => {
      const token = metricsToken(loadSecrets(fileOf(command)));
      print(command, token, { token });
    });
  group
    .command("ca")
    .description("the certificate of the cluster's own authority")
    .action((_options: unknown, command: Command) => {
      const { ca } = loadSecrets(fileOf(command)).tls;
      print(command, ca.trimEnd(), { ca });
    });
}
