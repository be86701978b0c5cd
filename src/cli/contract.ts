import { readFileSync } from "node:fs";
import { type Command, InvalidArgumentError } from "commander";
import { messageOf } from "../base/message.ts";
import { print } from "../client/api.ts";
import { check, type Found, keepsContract, type Result, type Subject } from "../conformance/check.ts";
import { atLeast, integer } from "./options.ts";

interface Options {
  service?: true;
  events?: true;
  tokenFile?: string;
  keyFile?: string;
  ca?: string;
  socket?: string;
  deadline: number;
  questions: number;
  atOnce: number;
}

const url = (text: string): URL => {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError("must be an address such as https://crm.example/decide");
  return new URL(text);
};

/** A secret in a file: what stands on a command line can be read by everybody on the machine. */
function secretIn(what: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    const text = readFileSync(file, "utf8").trim();
    if (text === "") throw new Error("it is empty");
    return text;
  } catch (error) {
    throw new Error(`${what}: ${file}: ${messageOf(error)}`);
  }
}

function subjectOf(address: URL, options: Options): Subject {
  const { service, events, tokenFile, keyFile, ca, socket, deadline, questions, atOnce } = options;
  const below = (path: string): URL => new URL(address.pathname.replace(/\/$/, "") + path, address);
  if (events && !service)
    throw new Error("--events: rules are asked for decisions alone; it goes with --service");
  const token = secretIn("--token-file", tokenFile);
  const key = secretIn("--key-file", keyFile);
  if (key !== undefined && !key.startsWith("whsec_"))
    throw new Error(`--key-file: ${keyFile}: a key begins with 'whsec_' ('dialtone route key URL' shows it)`);
  const authority = secretIn("--ca", ca);
  return {
    role: service ? "service" : "rule",
    decide: service ? below("/v1/calls/decide") : address,
    ...(events && { events: below("/v1/calls/events") }),
    ...(token !== undefined && { token }),
    ...(key !== undefined && { key }),
    ...(authority !== undefined && { ca: authority }),
    ...(socket !== undefined && { socketPath: socket }),
    deadlineMs: deadline,
    burst: { questions, atOnce },
  };
}

const word = ({ kept, must }: Result): string => (kept ? "kept" : must ? "BROKEN" : "unkind");

const lines = (result: Result): string =>
  [
    `${word(result).padEnd(7)} ${result.name} (${Math.round(result.ms)} ms)`,
    ...(result.kept ? [] : [`          ${result.why}`]),
    ...[...result.faults, ...result.notes].map((text) => `          ${text}`),
  ].join("\n");

const at = (ms: number[], share: number): number => Math.round(ms[Math.ceil(share * ms.length) - 1] ?? 0);

function summary(found: Found, { deadlineMs, burst: { questions, atOnce } }: Subject): string {
  const { results, burst, untried } = found;
  const broken = results.filter(({ kept, must }) => !kept && must).length;
  const unkind = results.filter(({ kept, must }) => !kept && !must).length;
  return [
    ...(burst.ms.length === 0
      ? []
      : [
          `${(burst.faults.length === 0 ? "kept" : "BROKEN").padEnd(7)} ${questions} questions, ${atOnce} at a time: p50 ${at(burst.ms, 0.5)} ms, p99 ${at(burst.ms, 0.99)} ms, slowest ${at(burst.ms, 1)} ms of ${deadlineMs}`,
          ...burst.faults.map((text) => `          ${text}`),
        ]),
    ...untried.map((text) => `untried ${text}`),
    "",
    keepsContract(found)
      ? `It keeps the contract: ${results.length} cases${unkind > 0 ? `, ${unkind} of them not as kindly as it could` : ""}.`
      : `It does not keep the contract: ${broken} of ${results.length} cases broken${burst.faults.length > 0 ? ", and it does not bear many questions at once" : ""}.`,
  ].join("\n");
}

/** `dialtone contract`: does a web application of somebody else's keep the contract? */
export function registerContract(program: Command): void {
  const group = program
    .command("contract")
    .description("what a web application must answer, and whether one does: docs/contract.md");
  group
    .command("check <url>")
    .description("ask a web application all kinds of questions, and say what it answers wrong")
    .option(
      "--service",
      "it takes the place of Dialtone's own app: <url>/v1/calls/decide, whole decisions; default: a rule asks it",
    )
    .option("--events", "with --service: tell it of a call too that never was, at <url>/v1/calls/events")
    .option(
      "--key-file <file>",
      "the key that rules sign with ('dialtone route key URL'): false signatures must be refused",
    )
    .option("--token-file <file>", "its bearer token: false ones must be refused")
    .option("--ca <file>", "the authority to believe (PEM), instead of the system's")
    .option("--socket <file>", "ask through this unix socket; <url> says the path alone")
    .option("--deadline <ms>", "later answers are wrong", atLeast(1, "milliseconds"), 300)
    .option("--questions <n>", "so many more, at once", atLeast(1, "a number of questions"), 200)
    .option("--at-once <n>", "so many of them at a time", integer, 20)
    .addHelpText(
      "after",
      `
Examples:
  dialtone route key https://crm.example/decide > key
  dialtone contract check https://crm.example/decide --key-file key
  dialtone contract check https://192.0.2.80:8443 --service --events --token-file token --ca ca.pem
Exit code 0: it keeps the contract; 1: it does not. What is only unkind does not count.`,
    )
    .action(async (address: string, options: Options, command: Command) => {
      const subject = subjectOf(url(address), options);
      const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
      const found = await check(subject, (result) => {
        if (!json) process.stdout.write(`${lines(result)}\n`);
      });
      const kept = keepsContract(found);
      print(command, { url: address, role: subject.role, kept, ...found }, () => summary(found, subject));
      if (!kept) process.exitCode = 1;
    });
}
