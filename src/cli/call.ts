import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { isIPv6 } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type HostAndPort, hostAndPort, hostAndPortIn } from "../base/host-in.ts";
import { outcomeOf, placeCall } from "../callers/place-call.ts";
import type { CallTimeline } from "../callers/shortmsg.ts";
import { here, inNamespace, type Place } from "../callers/sipp.ts";
import { serviceIp, serviceIp6 } from "../cluster/facts.ts";
import { loadCluster } from "../cluster/load.ts";
import { findRecord } from "../drills/api.ts";
import { readDemoUsers } from "../lab/demo-users.ts";
import { openLab } from "../lab/lab.ts";
import { defaultLab, outsideHost } from "../lab/names.ts";
import type { CallRecord } from "../records/call-record.ts";
import { registerCallStatus, registerDials } from "./call-status.ts";

interface Options {
  seconds: number;
  ring: number;
  passwordFile?: string;
  transport: "udp" | "tcp";
  lab: string;
  ipv6?: boolean;
  fromHere?: boolean;
  service?: string;
  record: boolean;
}

const positive = (value: string): number => {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError("a number of seconds");
  return number;
};

/** The own address from which an address is reached. */
async function addressTowards(target: string): Promise<string> {
  const socket = createSocket(isIPv6(target) ? "udp6" : "udp4");
  try {
    socket.connect(9, target);
    await once(socket, "connect");
    return socket.address().address;
  } finally {
    socket.close();
  }
}

type Given = Omit<Options, "lab"> & { lab?: string };

interface Setting {
  place: Place;
  /** host:port of the service. */
  service: string;
}

/** Where the service is, of the family that is wanted. @throws Error when it has no address of that, or `--service` is none */
function serviceOf({ service, ipv6, lab }: Options, config: string | undefined): Required<HostAndPort> {
  if (service !== undefined) {
    const given = hostAndPortIn(service);
    if (!given) throw new Error(`--service ${service}: must be HOST, HOST:PORT or [IPV6]:PORT`);
    return { port: 5060, ...given };
  }
  const file = config ?? openLab(lab).paths.cluster;
  const cluster = loadCluster(file);
  const host = ipv6 ? serviceIp6(cluster) : serviceIp(cluster);
  if (host === undefined)
    throw new Error(`${file}: the service has no IPv6 address: set service.address6 (docs/sip.md, IPv6)`);
  return { host, port: cluster.sip.port };
}

async function settingOf(options: Options, config: string | undefined): Promise<Setting> {
  const { host, port } = serviceOf(options, config);
  const service = hostAndPort(host, port);
  if (options.fromHere || config !== undefined) return { service, place: here(await addressTowards(host)) };
  const outside = openLab(options.lab).state().hosts[outsideHost];
  if (!outside?.powered) throw new Error(`lab '${options.lab}' has no host '${outsideHost}' with power`);
  const addresses = outside.addresses.map((one) => one.split("/")[0] ?? "");
  const address = addresses.find((one) => isIPv6(one) === isIPv6(host));
  if (address === undefined)
    throw new Error(`'${outsideHost}' of lab '${options.lab}' has no address that reaches ${host}`);
  return { service, place: inNamespace(outside.namespace, address) };
}

/** The password of the calling user: from a file, from the environment, or the lab's demonstration users. */
function passwordOf(from: string, options: Options): string | undefined {
  if (options.passwordFile !== undefined) return readFileSync(options.passwordFile, "utf8").trim();
  return process.env.DIALTONE_PASSWORD ?? readDemoUsers(options.lab)[from];
}

const describe = (record: CallRecord): string =>
  [
    `record ${record.id}: ${record.outcome}${record.status ? ` (${record.status})` : ""}`,
    record.duration_ms === null ? undefined : `${(record.duration_ms / 1000).toFixed(3)} s`,
    `to ${record.target || "nowhere"}`,
    `by ${record.rule || "no rule"} (decided by ${record.decided_by || "nobody"})`,
    `node ${record.nodes.join(", ")}`,
  ]
    .filter((part) => part !== undefined)
    .join(", ");

/** One line for each step, with the seconds since the INVITE. */
function stepText(step: string, call: CallTimeline): string {
  const after = (at: number | undefined) => `${(((at ?? call.started) - call.started) / 1000).toFixed(3)} s`;
  switch (step) {
    case "ringing":
      return `${after(call.ringing)}  ringing`;
    case "answered":
      return `${after(call.answered)}  answered${call.retransmissions > 0 ? ` (the INVITE was sent ${call.retransmissions + 1} times)` : ""}`;
    case "rejected":
      return `${after(call.rejected?.at)}  rejected: ${call.rejected?.code} ${call.rejected?.reason}`;
    case "cancelled":
      return `${after(call.cancelled)}  nobody answered in time: cancelled`;
    case "hung up":
      return `${after(call.hungUp?.at)}  hung up by the ${call.hungUp?.by}; ${call.answeredBy ?? "somebody"} had answered`;
    default:
      return "0.000 s  calling";
  }
}

/** `dialtone call FROM TO`, and what calls there are. */
export function registerCall(program: Command): void {
  const call = program.command("call").argument("<from>").argument("<to>");
  registerCallStatus(call);
  registerDials(call);
  call
    .description("place one real SIP call through the service and show what became of it")
    .option("--seconds <n>", "length of the call, then the caller hangs up", positive, 3)
    .option("--ring <n>", "how long the caller lets it ring, seconds", positive, 30)
    .option("--password-file <file>", "password of the user FROM (or: environment DIALTONE_PASSWORD)")
    .addOption(new Option("--transport <t>", "SIP over").choices(["udp", "tcp"]).default("udp"))
    // Without a default here: what the commands below this one are told of a lab would not count.
    .option("--lab <name>", `call from the host 'outside' of this lab; default: ${defaultLab}`)
    .option("--ipv6", "over IPv6: to the service's address6")
    .option("--from-here", "call from this machine instead (a real cluster: with --config or --service)")
    .option(
      "--service <host[:port]>",
      "the service address, if not the lab's or cluster.yaml's; IPv6: [address]:port",
    )
    .option("--no-record", "do not wait for the call record")
    .addHelpText(
      "after",
      `
FROM is a user of the service (then its password is needed; the lab knows those of its own users) or any outside
number. The caller is SIPp: it answers digest challenges by MD5, not by SHA-256 (sip.digest in cluster.yaml).
Exit code: 0 answered and recorded, 1 not answered, 3 answered but no final record appeared in time.

Examples:
  dialtone call live                         calls in progress
  dialtone call follow                       what happens to calls, as it happens
  dialtone call dial 1001 1002               the telephones of 1001 ring, then call 1002
  dialtone call 1001 1002                    one user of the lab calls another one
  dialtone call --ipv6 1001 1002             the same over IPv6, where the lab has it
  dialtone call 0441234567 5000 --seconds 10 somebody from outside calls the lab's answering telephone
  dialtone --config cluster.yaml call 1001 1002 --from-here --password-file pw`,
    )
    .action(async (from: string, to: string, given: Given, command: Command) => {
      const options: Options = { ...given, lab: given.lab ?? defaultLab };
      const { json, config } = command.optsWithGlobals<{ json?: boolean; config?: string }>();
      const setting = await settingOf(options, config);
      const password = passwordOf(from, options);
      const print = (text: string) => {
        if (!json) process.stdout.write(`${text}\n`);
      };
      print(
        `${from} calls ${to} through ${setting.service} (${options.transport}, from ${setting.place.address})`,
      );
      const directory = mkdtempSync(join(tmpdir(), "dialtone-call-"));
      const call = await placeCall(
        {
          place: setting.place,
          directory,
          service: setting.service,
          from,
          to,
          seconds: options.seconds,
          patienceMs: options.ring * 1000,
          transport: options.transport,
          ...(password === undefined ? {} : { password }),
        },
        (step, timeline) => print(`  ${stepText(step, timeline)}`),
      ).finally(() => rm(directory, { recursive: true, force: true }));
      const outcome = outcomeOf(call);
      if (outcome === "no answer") print("  no reply at all: is the service up? (dialtone lab status)");
      const record = options.record ? await findRecord(options.lab, call.callId, 5000) : undefined;
      if (record) print(`  ${describe(record)}`);
      else if (options.record) print("  no final call record within 5 s (dialtone records)");
      if (json) process.stdout.write(`${JSON.stringify({ outcome, call, record: record ?? null })}\n`);
      if (outcome !== "answered") process.exitCode = 1;
      else if (options.record && !record) process.exitCode = 3;
    });
}
