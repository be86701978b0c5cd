import { password as askPassword } from "@inquirer/prompts";
import type { Command } from "commander";
import type { z } from "zod";
import { hostAndPort, hostAndPortIn } from "../base/host-in.ts";
import {
  type CarrierAddress,
  type NewCarrier,
  newCarrierSchema,
  shownCarrierSchema,
} from "../carriers/carrier-schema.ts";
import { withApiOptions } from "../client/api.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { header } from "./options.ts";

const kind = {
  what: "carrier",
  path: "carriers",
  schema: shownCarrierSchema,
} satisfies Kind<typeof shownCarrierSchema>;

interface SetOptions {
  address: string[];
  tcp?: boolean;
  naptr?: boolean;
  number?: string;
  user?: string;
  passwordFile?: string;
  realm?: string;
  register?: boolean;
  registerAs?: string;
  registerDomain?: string;
  network?: string[];
  header?: Record<string, string>;
  probe?: string;
  wait?: string;
  nextOn?: string;
  maxCalls?: string;
  maxRate?: string;
  minAnswered?: string;
  maxRing?: string;
  mayShow?: string[];
  mainNumber?: string;
  callerAs?: string;
  callerIn?: string[];
  trusted?: boolean;
  codecs?: string;
  earlyMedia?: string;
  ringing?: string;
  description?: string;
  disabled?: boolean;
}

/** `host`, `host:port` or `[IPv6]:port`. Pure. */
export function addressOf(
  text: string,
  transport: CarrierAddress["transport"],
): z.input<typeof newCarrierSchema>["addresses"][number] {
  // What it can not be the schema says, in its own words.
  return { ...(hostAndPortIn(text) ?? { host: text }), transport };
}

/** Pure. */
function limitsOf({ maxCalls, maxRate, minAnswered, maxRing }: SetOptions): Pick<NewCarrier, "limits"> {
  if ([maxCalls, maxRate, minAnswered, maxRing].every((limit) => limit === undefined)) return {};
  return {
    limits: {
      ...(maxCalls !== undefined && { calls: Number(maxCalls) }),
      ...(maxRate !== undefined && { calls_per_second: Number(maxRate) }),
      ...(minAnswered !== undefined && { min_answered_percent: Number(minAnswered) }),
      ...(maxRing !== undefined && { max_ring_ms: Number(maxRing) }),
    },
  };
}

/** What a carrier is told of callers. Pure. */
function callerIdOf({ mayShow, mainNumber, callerAs, callerIn, trusted }: SetOptions): object {
  if ([mayShow, mainNumber, callerAs, callerIn, trusted].every((option) => option === undefined)) return {};
  return {
    caller_id: {
      ...(mayShow && { may_show: mayShow }),
      ...(mainNumber !== undefined && { main: mainNumber }),
      ...(callerAs !== undefined && { number: callerAs }),
      ...(callerIn && { headers: callerIn }),
      ...(trusted !== undefined && { trusted }),
    },
  };
}

/** Never an argument: process lists show those. */
async function passwordFrom(file: string | undefined, carrier: string): Promise<string | undefined> {
  if (file !== undefined) {
    const { readFile } = await import("node:fs/promises");
    return (await readFile(file, "utf8")).trim();
  }
  if (!process.stdin.isTTY) return undefined;
  const typed = await askPassword({ message: `password at ${carrier} (empty: as before)` });
  return typed === "" ? undefined : typed;
}

const registerOf = ({ register, registerAs, registerDomain }: SetOptions): Pick<NewCarrier, "register"> =>
  newCarrierSchema.pick({ register: true }).parse(
    register || registerAs !== undefined || registerDomain !== undefined
      ? {
          register: {
            ...(registerAs !== undefined && { contact: registerAs }),
            ...(registerDomain !== undefined && { domain: registerDomain }),
          },
        }
      : {},
  );

/** `dialtone carrier`: who takes calls to the outside world. */
export function registerCarrier(program: Command): void {
  const group = withApiOptions(
    program.command("carrier").description("carriers: who takes calls to the outside world"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone carrier set main --address sip.main.example --user acme --number '00{digits}'
  dialtone carrier set spare --address 192.0.2.7:5060 --address 192.0.2.8:5060 --number '{number}'
  dialtone carrier set third --address sip.third.example --user 4930123 --register --register-as +4930123
  dialtone route add world --prefix + --authenticated --to carrier:main --to carrier:spare
  dialtone route test +4930123456 --user 1001

The password is asked for, or read from --password-file; it is kept sealed and never shown.
Which answers lead to the next carrier, and what happens with broken ones: docs/carriers.md.`,
  );

  group
    .command("set <name>")
    .description("make or replace a carrier")
    .requiredOption(
      "--address <host...>",
      "where it is: host, host:port or [IPv6]:port; repeat it for more, in this order",
    )
    .option("--tcp", "by TCP")
    .option("--naptr", "by UDP or TCP, as the NAPTR records of its name say (RFC 3263)")
    .option(
      "--number <pattern>",
      "how it wants numbers: {number}, {digits} (without +) or {rest}, e.g. 00{digits}",
    )
    .option("--user <name>", "our name there, when it asks for a password")
    .option("--password-file <file>", "file with the password; default: asked for, or as before")
    .option("--realm <realm>", "answer challenges of this realm only")
    .option("--register", "register there, with that name and password")
    .option(
      "--register-as <number>",
      "the number that calls to our Contact come with; default: the carrier's name",
    )
    .option("--register-domain <domain>", "domain of our address there; default: the first address")
    .option("--network <cidr...>", "calls from there are its, beside those from its addresses")
    .option("--header <header>", "add a SIP header, as 'Name: value'; repeat it for more", header)
    .option("--probe <seconds>", "ask it by OPTIONS that often; 0: never")
    .option("--wait <ms>", "without any answer for so long, the next target is tried")
    .option("--next-on <codes>", "answers after which the next target is tried, e.g. 408,5xx")
    .option("--max-calls <n>", "at most so many calls at a time, on all nodes")
    .option("--max-rate <n>", "at most so many calls in any second, on all nodes")
    .option("--min-answered <percent>", "asked after the others when fewer of its last calls were answered")
    .option("--max-ring <ms>", "asked after the others when it rings later after the INVITE")
    .option(
      "--may-show <number...>",
      "callers' numbers that it may be shown; with * at the end: all that begin so",
    )
    .option("--main-number <number>", "shown in place of the others")
    .option("--caller-as <pattern>", "how it wants callers' numbers: {number} or {digits}")
    .option(
      "--caller-in <header...>",
      "p-asserted-identity, remote-party-id: tells the caller's number beside From",
    )
    .option("--trusted", "it gets hidden callers' numbers, and keeps them to itself")
    .option("--codecs <names>", "offer it only these, in this order, e.g. PCMA,telephone-event")
    .option("--early-media <how>", "pass: 183 as it is; ringing: as 180 without audio")
    .option("--ringing <code>", "after it no other carrier is tried: 180, 183 or never")
    .option("--description <text>", "a note")
    .option("--disabled", "keep it, but send no calls there")
    .action(async (name: string, options: SetOptions, command: Command) => {
      const { user, realm } = options;
      const secret = user === undefined ? undefined : await passwordFrom(options.passwordFile, name);
      const carrier: NewCarrier = newCarrierSchema.parse({
        name,
        addresses: options.address.map((text) =>
          addressOf(text, options.naptr ? "naptr" : options.tcp ? "tcp" : "udp"),
        ),
        enabled: options.disabled !== true,
        ...(options.number !== undefined && { number: options.number }),
        ...registerOf(options),
        ...(options.network && { networks: options.network }),
        ...(options.header && { headers: options.header }),
        ...(options.probe !== undefined && { probe_s: Number(options.probe) }),
        ...(options.wait !== undefined && { wait_ms: Number(options.wait) }),
        ...(options.nextOn !== undefined && { next_on: options.nextOn.split(",") }),
        ...limitsOf(options),
        ...callerIdOf(options),
        ...(options.codecs !== undefined && { codecs: options.codecs.split(",") }),
        ...(options.earlyMedia !== undefined && { early_media: options.earlyMedia }),
        ...(options.ringing !== undefined && { ringing: options.ringing }),
        ...(options.description !== undefined && { description: options.description }),
        ...(user !== undefined && {
          login: {
            user,
            ...(secret !== undefined && { password: secret }),
            ...(realm !== undefined && { realm }),
          },
        }),
      });
      await putOne(command, kind, name, carrier, `carrier ${name} set`);
    });

  registerKept(group, kind, {
    head: ["NAME", "ADDRESSES", "NUMBERS AS", "LOGIN", "", "DESCRIPTION"],
    row: ({ name, addresses, number, login, register, enabled, description }) => [
      name,
      addresses.map(({ host, port }) => hostAndPort(host, port)).join(", "),
      number,
      login ? `${login.user}${register ? " (registers)" : ""}` : "–",
      enabled ? "" : "disabled",
      description,
    ],
    none: "no carriers yet: see 'dialtone carrier --help'",
  });
}
