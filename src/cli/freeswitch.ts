import { chmod, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import { freeswitchHosts, nodes } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { freeswitchToken } from "../cluster/secrets.ts";
import { placeOf } from "../freeswitch/answer.ts";
import { Cluster, importRecords, renewSnapshot } from "../freeswitch/host-client.ts";
import { hostFiles, leftRecords, systemdUnits } from "../freeswitch/host-files.ts";
import { emptySnapshot } from "../freeswitch/snapshot.ts";

interface Global {
  config?: string;
  json?: boolean;
}
interface Init {
  output: string;
  folder: string;
  program: string;
}

/** Secrets stand in nearly every file: only FreeSWITCH's user may read them. */
const mode = 0o640;

async function writeAll(output: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(output, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o750 });
    await writeFile(file, text, { mode });
    await chmod(file, mode);
  }
}

const installed = (host: string, { output, folder }: Init): string => `Written to ${output}. On ${host}:
  1. FreeSWITCH 1.10 or later with ${["mod_xml_curl", "mod_json_cdr", "mod_loopback"].join(", ")} (packages of SignalWire, or built; it is not in Debian 12)
  2. copy ${output} to ${folder} (chown -R freeswitch:freeswitch, files 0640), and its *.service and *.timer to /etc/systemd/system
  3. this folder of dialtone, for 'freeswitch snapshot' and 'freeswitch import': systemctl enable --now dialtone-freeswitch.timer
  4. install -d -o freeswitch -g freeswitch ${leftRecords}
  5. open 8443 tcp from it to the nodes, SIP and 16384-32768 udp to it; start FreeSWITCH`;

/** `dialtone freeswitch …` */
export function registerFreeswitch(program: Command): void {
  const group = program
    .command("freeswitch")
    .description("FreeSWITCH hosts that ask this cluster: docs/freeswitch.md")
    .addHelpText(
      "after",
      `
Examples:
  dialtone freeswitch init fs1 --output /root/fs1         on a node: a ready configuration folder for host fs1
  dialtone freeswitch snapshot --folder /etc/freeswitch   on fs1: what it answers when no node can be asked, as of now
  dialtone freeswitch import ${leftRecords}  on fs1: sends call records again that nobody took`,
    );
  const say = (command: Command, text: string, value: unknown) =>
    process.stdout.write(command.optsWithGlobals<Global>().json ? `${JSON.stringify(value)}\n` : `${text}\n`);

  group
    .command("init")
    .argument("<host>", "its name in cluster.yaml (role: freeswitch)")
    .description("write a ready configuration folder for a FreeSWITCH host")
    .requiredOption("--output <dir>", "where to write it")
    .option("--folder <dir>", "where it will lie on that host", "/etc/freeswitch")
    .option("--program <path>", "where dialtone will lie on that host", "/opt/dialtone/bin/dialtone")
    .action(async (name: string, options: Init, command: Command) => {
      const file = findClusterFile(command.optsWithGlobals<Global>().config);
      const cluster = loadCluster(file);
      const secrets = loadSecrets(file);
      const known = freeswitchHosts(cluster);
      const host = known.find((one) => one.name === name);
      if (!host)
        throw new Error(
          `${file}: no host ${name} with role: freeswitch; it has ${known.map((one) => one.name).join(", ") || "none"}`,
        );
      const place = placeOf({ cluster });
      const files = {
        ...hostFiles({
          host,
          place,
          origins: nodes(cluster).map(({ address }) => `https://${address}:${cluster.api.port}`),
          token: freeswitchToken(secrets, name),
          ca: secrets.tls.ca,
          folder: options.folder,
          snapshot: emptySnapshot(place, cluster.sip.fallback),
        }),
        ...systemdUnits(options.program, options.folder),
      };
      const output = resolve(options.output);
      await writeAll(output, files);
      say(command, installed(name, { ...options, output }), { output, files: Object.keys(files) });
    });

  group
    .command("snapshot")
    .description("fetch what this FreeSWITCH host answers when no node can be asked")
    .option("--folder <dir>", "what init wrote", "/etc/freeswitch")
    .action(async ({ folder }: { folder: string }, command: Command) => {
      await using cluster = await Cluster.of(folder);
      const { bytes } = await renewSnapshot(folder, cluster);
      say(command, `${bytes} bytes, as of now`, { bytes });
    });

  group
    .command("import")
    .argument("<dir>", "err-log-dir of mod_json_cdr or mod_xml_cdr")
    .description("send call records again that nobody took; what was taken is moved to DIR/taken")
    .option("--folder <dir>", "what init wrote", "/etc/freeswitch")
    .action(async (dir: string, { folder }: { folder: string }, command: Command) => {
      await using cluster = await Cluster.of(folder);
      const done = await importRecords(dir, cluster, Date.now());
      const refused = Object.entries(done.refused);
      say(
        command,
        [
          `${done.taken.length} taken, ${refused.length} not`,
          ...refused.map(([name, why]) => `  ${name}: ${why}`),
        ].join("\n"),
        done,
      );
      if (refused.length > 0) process.exitCode = 1;
    });
}
