import type { Command } from "commander";
import type { HostConfiguration } from "../change/configuration.ts";
import { driftOf } from "../change/drift.ts";
import { deskOf, type Where, withPlace } from "./maintenance.ts";

/** `dialtone drift` */
export function registerDrift(program: Command): void {
  withPlace(program.command("drift"))
    .description("release and configuration of each host; differences by file and line")
    .addHelpText(
      "after",
      `
Compares on all hosts: cluster.yaml as the agent read it and as it is on the disk now, the secrets (by keyed digests, they
are not shown), each generated file with what is on the disk, the files of the release, the version of the rules.
Exit code: 0 all the same, 1 something differs, 2 a host did not answer.

Example:
  dialtone drift`,
    )
    .action(async (options: Where, command: Command) => {
      const { desk, print } = deskOf(options, command);
      const { hosts, silent } = await desk.configurations();
      const { entries } = await desk.view();
      const rules = entries.flatMap(({ report }) => {
        const version = report.standing?.rulesVersion;
        return version === undefined ? [] : [{ host: report.host, version }];
      });
      const drift = driftOf(hosts);
      const behind = new Set(rules.map(({ version }) => version)).size > 1;
      const rulesLine = rules.map(({ host, version }) => `${version} on ${host}`).join(", ");
      const lines = [
        ...hosts.map(hostLine),
        ...silent.map(({ host, why }) => `${host}: does not answer: ${why}`),
        ...(behind ? [`the rules' versions differ: ${rulesLine}`] : []),
        ...drift.map(({ text, advice }) => `${text}\n    ${advice}`),
        ...new Set(drift.flatMap(({ diff }) => (diff === undefined ? [] : [diff]))),
        ...(drift.length === 0 && !behind && silent.length === 0 ? ["nothing differs"] : []),
      ];
      print(lines.join("\n"), {
        hosts: hosts.map(({ host, release, checkout, config }) => ({ host, release, checkout, config })),
        rules,
        silent,
        drift,
      });
      if (silent.length > 0) process.exitCode = 2;
      else if (drift.length > 0 || behind) process.exitCode = 1;
    });
}

const hostLine = ({ host, release, checkout, config, cluster }: HostConfiguration): string =>
  `${host}: release ${release} in ${checkout}, configuration ${config} from ${cluster.file}`;
