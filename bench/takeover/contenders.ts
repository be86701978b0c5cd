import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { readProcessName } from "./processes.ts";
import { addresses, type NodeName, nodeNames, type Stage, service } from "./stage.ts";

/** Software that moves an address between two hosts, as it is when nobody tunes it. */
export interface Contender {
  name: string;
  /** Once, before the hosts start. */
  prepare(stage: Stage): Promise<void>;
  start(stage: Stage, host: NodeName): Promise<void>;
  /** Once, when both run. */
  configure(stage: Stage): Promise<void>;
  /** Both hosts are full members: either may die now. */
  settled(stage: Stage): Promise<boolean>;
}

/** keepalived.conf(5)'s defaults: an advert every second, three missed, priorities 101 and 100, preemption. */
export const keepalivedDefaults: Contender = {
  name: "keepalived, defaults (advert_int 1)",
  prepare: async (stage) => {
    for (const [index, host] of nodeNames.entries())
      await writeFile(
        join(stage.directory, `keepalived-${host}.conf`),
        `vrrp_instance service {
    state ${index === 0 ? "MASTER" : "BACKUP"}
    interface eth0
    virtual_router_id 51
    priority ${101 - index}
    advert_int 1
    virtual_ipaddress {
        ${service}/24 dev eth0
    }
}
`,
      );
  },
  start: async (stage, host) => {
    const at = join(stage.directory, `keepalived-${host}`);
    stage.start(host, "keepalived", [
      ...["keepalived", "--dont-fork", "--log-console", "--vrrp", "--use-file", `${at}.conf`],
      ...["--pid", `${at}.pid`, "--vrrp_pid", `${at}-vrrp.pid`],
    ]);
  },
  configure: async () => undefined,
  // The first host has the higher priority and takes the address back when it returns.
  settled: async (stage) => (await stage.holders()).join() === "a",
};

const debianPackages = ["pacemaker", "corosync", "resource-agents", "pacemaker-cli-utils"];

/** Runs a command in the host's own root, as its pacemaker sees it. */
async function inRoot(stage: Stage, host: NodeName, command: string[]): Promise<string> {
  const pid = readProcessName(stage.namespace(host), "pacemakerd");
  if (pid === undefined) throw new Error(`pacemaker does not run on ${host}`);
  const result = await execa(
    "nsenter",
    ["-t", String(pid), "-m", "-p", "-n", "-u", `--root=/proc/${pid}/root`, ...command],
    { timeout: 30_000 },
  );
  return result.stdout;
}

/**
 * Pacemaker 2.1 and corosync 3.1 with Debian's defaults (token 3 s), an IPaddr2, fencing off because there is no device.
 * The packages are unpacked into a directory of this run, never installed.
 */
export const pacemakerDefaults: Contender = {
  name: "Pacemaker + corosync, Debian's defaults",
  prepare: async ({ directory }) => {
    const debs = join(directory, "debs");
    await mkdir(join(debs, "partial"), { recursive: true });
    await execa("apt-get", [
      ...["-y", "-qq", "--no-install-recommends", "--download-only", "-o", `Dir::Cache::archives=${debs}/`],
      ...["install", ...debianPackages],
    ]);
    for (const file of await readdir(debs))
      if (file.endsWith(".deb")) await execa("dpkg", ["-x", join(debs, file), join(directory, "pkg")]);
    // /lib is a link to /usr/lib on Debian 12; a directory over it would hide everything in it.
    await execa("sh", ["-ec", "if [ -d lib ]; then cp -a lib/. usr/lib/; rm -r lib; fi"], {
      cwd: join(directory, "pkg"),
    });
    await writeFile(
      join(directory, "corosync.conf"),
      `totem {
	version: 2
	cluster_name: debian
	crypto_cipher: none
	crypto_hash: none
}
logging {
	to_stderr: yes
	to_syslog: no
}
quorum {
	provider: corosync_votequorum
	two_node: 1
}
nodelist {
${nodeNames
  .map(
    (host, index) => `	node {
		name: ${host}
		nodeid: ${index + 1}
		ring0_addr: ${addresses[host]}
	}`,
  )
  .join("\n")}
}
`,
    );
  },
  start: async (stage, host) => {
    stage.start(host, "pacemaker", [
      ...["unshare", "-m", "-p", "-u", "--fork", "--kill-child", "sh"],
      ...[join(import.meta.dirname, "pacemaker-host.sh"), host, stage.directory],
    ]);
  },
  configure: async (stage) => {
    await inRoot(stage, "a", ["crm_attribute", "-t", "crm_config", "-n", "stonith-enabled", "-v", "false"]);
    const attributes = { ip: service, cidr_netmask: "24", nic: "eth0" };
    const pairs = Object.entries(attributes).map(
      ([name, value]) => `<nvpair id="vip-${name}" name="${name}" value="${value}"/>`,
    );
    const vip = `<primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2"><instance_attributes id="vip-attributes">${pairs.join("")}</instance_attributes><operations><op id="vip-monitor" name="monitor" interval="10s"/></operations></primitive>`;
    await inRoot(stage, "a", ["cibadmin", "-C", "-o", "resources", "-X", vip]);
  },
  settled: async (stage) => {
    try {
      const views = await Promise.all(nodeNames.map((host) => inRoot(stage, host, ["crm_mon", "-1"])));
      return (
        views.every((view) => /Online: \[ a b \]/.test(view)) &&
        (views[0]?.includes("vip") ? (await stage.holders()).length === 1 : true)
      );
    } catch {
      return false; // not up yet: crm_mon has nobody to ask
    }
  },
};
