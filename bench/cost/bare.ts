import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { connectHost, disconnectHost } from "../../src/lab/network.ts";
import type { LabHost, LabState } from "../../src/lab/state.ts";
import type { Place } from "./meter.ts";

/**
 * The baselines: a host of its own at the lab's switch with a Kamailio that only passes calls on (record-route, t_relay,
 * acc to a file), and one more that asks an rtpengine beside it. Called by the same callers, answered by the same telephone.
 */

interface Bare extends AsyncDisposable {
  place: Place;
  /** host:port of each. */
  alone: string;
  withRelay: string;
}

const name = "bare";

/** kamailio.cfg of a baseline: what https://www.kamailio.org/wikidocs/tutorials/ has in its simplest proxies. */
const kamailioConfig = (listen: string, phone: string, folder: string, relay: boolean): string => `
debug=1
log_stderror=yes
children=4
listen=udp:${listen}
disable_tcp=yes
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/aarch64-linux-gnu/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "db_flatstore.so"
loadmodule "acc.so"
${relay ? 'loadmodule "rtpengine.so"\nmodparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:22222")' : ""}
modparam("db_flatstore", "flush", 1)
modparam("acc", "log_level", 3)
modparam("acc", "db_flag", 1)
modparam("acc", "db_url", "flatstore:${folder}")
request_route {
	if (!mf_process_maxfwd_header("10")) {
		sl_send_reply("483", "Too Many Hops");
		exit;
	}
	if (has_totag()) {
		if (!loose_route()) exit;
		if (is_method("BYE")) {
			setflag(1);
			${relay ? "rtpengine_delete();" : ""}
		}
		t_relay();
		exit;
	}
	if (is_method("CANCEL")) {
		if (t_check_trans()) t_relay();
		exit;
	}
	t_check_trans();
	if (!is_method("INVITE")) {
		sl_send_reply("200", "OK");
		exit;
	}
	record_route();
	setflag(1);
	${relay ? 'rtpengine_offer("replace-origin");\n\tt_on_reply("ANSWER");' : ""}
	$du = "sip:${phone}";
	t_relay();
}
${relay ? 'onreply_route[ANSWER] {\n\tif ($rs > 199 && $rs < 300 && has_body("application/sdp")) rtpengine_answer("replace-origin");\n}' : ""}
`;

const rtpengineConfig = (address: string): string => `[rtpengine]
table = -1
interface = ${address}
listen-ng = 127.0.0.1:22222
port-min = 30000
port-max = 39999
foreground = true
log-stderr = true
log-level = 5
`;

/** Starts the baselines. @throws Error with the log of the one that does not start. */
export async function startBare(state: LabState, directory: string, phone: string): Promise<Bare> {
  const prefix = state.service.split(".").slice(0, 3).join(".");
  const address = `${prefix}.200`;
  const host: LabHost = {
    role: "outside",
    namespace: `dt-${state.lab}-${name}`,
    interface: "eth0",
    mac: "02:00:00:00:00:c8",
    addresses: [`${address}/24`],
    data: null,
    powered: true,
    keeper: null,
  };
  const pids: Record<string, number> = {};
  await connectHost(state, name, host);
  const start = (part: string, argv: string[]) => {
    const log = openSync(join(directory, `${part}.log`), "a");
    const child = spawn("ip", ["netns", "exec", host.namespace, ...argv], {
      stdio: ["ignore", log, log],
    });
    if (child.pid === undefined) throw new Error(`${argv[0]} could not be started`);
    pids[part] = child.pid;
    child.once("exit", () => delete pids[part]);
  };
  const end = async () => {
    await disconnectHost(state, name, host);
  };
  try {
    await writeFile(join(directory, "rtpengine.conf"), rtpengineConfig(address));
    start("rtpengine", [
      "rtpengine",
      `--config-file=${join(directory, "rtpengine.conf")}`,
      "--config-section=rtpengine",
    ]);
    await delay(300);
    for (const [part, port, relay] of [
      ["kamailio", 5060, false],
      ["kamailio (relay)", 5070, true],
    ] as const) {
      const folder = join(directory, relay ? "acc-relay" : "acc");
      await mkdir(folder);
      await chmod(folder, 0o755);
      const file = join(directory, `${relay ? "relay" : "alone"}.cfg`);
      await writeFile(file, kamailioConfig(`${address}:${port}`, phone, folder, relay));
      start(part, ["kamailio", "-DD", "-E", "-f", file, "-m", "128", "-M", "8", "-Y", folder]);
    }
    for (let tries = 0; ; tries++) {
      const { stdout } = await execa("ip", ["netns", "exec", host.namespace, "ss", "-Hulnp"]);
      if (stdout.includes(`${address}:5060`) && stdout.includes(`${address}:5070`)) break;
      if (tries > 100) {
        const logs = ["kamailio", "kamailio (relay)", "rtpengine"].map((part) =>
          readFileSync(join(directory, `${part}.log`), "utf8").slice(-1000),
        );
        throw new Error(`the baselines do not start:\n${logs.join("\n")}`);
      }
      await delay(100);
    }
  } catch (error) {
    await end();
    throw error;
  }
  return {
    place: { host: name, namespace: host.namespace, roots: () => ({ ...pids }) },
    alone: `${address}:5060`,
    withRelay: `${address}:5070`,
    [Symbol.asyncDispose]: end,
  };
}
