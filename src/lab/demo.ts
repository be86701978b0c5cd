import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { patient } from "../base/patience.ts";
import { phoneCommand } from "../callers/phone.ts";
import { outcomeOf, placeCall } from "../callers/place-call.ts";
import { inNamespace } from "../callers/sipp.ts";
import { kept } from "./agents.ts";
import { askApp } from "./app.ts";
import { readDemoUsers, writeDemoUsers } from "./demo-users.ts";
import type { Lab } from "./lab.ts";
import { labPaths, outsideHost } from "./names.ts";

/** What a new lab has to play with: two users, a number, telephones that answer, and a first call. */

export const demo = {
  /** The newcomer's own telephone. */
  caller: "1001",
  /** A telephone in `outside` is registered as this user and answers. */
  callee: "1002",
  /** Routed to an answering telephone in `outside` that is not registered. */
  number: "5000",
} as const;

/** Passwords that SIPp's scenarios and every softphone's form can take. */
const newPassword = (): string => randomBytes(9).toString("base64url").replaceAll(/[-_]/g, "x");

const description = "demonstration, made by the lab";
const usersSchema = z.object({ users: z.array(z.object({ name: z.string(), description: z.string() })) });

const healthSchema = z.object({ database: z.object({ schema_ready: z.boolean() }) });
const tablesMs = patient(60_000);

/** Calls are decided before the newest tables are made: whoever wants to change something waits for them. @throws Error */
async function tablesAreMade(lab: Lab): Promise<void> {
  for (const until = performance.now() + tablesMs; ; await delay(100)) {
    let why = "see the app's log";
    try {
      const health = await askApp(lab.state(), "GET", "/v1/health", { deadlineMs: 5000 });
      if (healthSchema.parse(health).database.schema_ready) return;
    } catch (error) {
      why = messageOf(error);
    }
    if (performance.now() > until)
      throw new Error(`the database's tables are not made after ${tablesMs / 1000} s: ${why}`);
  }
}

/**
 * Makes users and number once in a lab's life; the passwords file, written last, says that it is done.
 * Users of these names that somebody else made are left alone.
 * Returns the passwords by user.
 * @throws Error from the API.
 */
export async function seedDemo(lab: Lab): Promise<Record<string, string>> {
  const known = readDemoUsers(lab.name);
  const names: string[] = [demo.caller, demo.callee];
  if (names.every((name) => known[name] !== undefined)) return known;
  await tablesAreMade(lab);
  const state = lab.state();
  const { users } = usersSchema.parse(await askApp(state, "GET", "/v1/users", { deadlineMs: 5000 }));
  if (users.some((user) => names.includes(user.name) && user.description !== description)) return known;
  const passwords = Object.fromEntries(names.map((name) => [name, newPassword()]));
  for (const name of names) {
    const body = { password: passwords[name], description };
    await askApp(state, "PUT", `/v1/users/${name}`, { body, deadlineMs: 5000 });
  }
  const body = {
    name: "demo-answering",
    priority: 100,
    description: "demonstration: an answering telephone outside",
    match: { number: demo.number },
    action: { type: "route", targets: [{ type: "uri", uri: `sip:${demo.number}@${telephones(lab)[0]}` }] },
  };
  await askApp(state, "PUT", "/v1/routes/demo-answering", { body, deadlineMs: 5000 });
  await writeDemoUsers(lab.name, { ...known, ...passwords });
  return passwords;
}

/** Addresses of the telephones in `outside`: for the number, for the user. */
function telephones(lab: Lab): [string, string] {
  const addresses = lab.state().hosts[outsideHost]?.addresses ?? [];
  const at = (index: number) => (addresses[index] ?? "").split("/")[0] ?? "";
  return [at(1), at(2)];
}

/** Starts the telephones that answer; they live as long as the lab. */
export async function startTelephones(lab: Lab, passwords: Record<string, string>): Promise<void> {
  const state = lab.state();
  const namespace = state.hosts[outsideHost]?.namespace ?? "";
  const directory = join(labPaths(lab.name).root, outsideHost);
  await rm(directory, { recursive: true, force: true });
  const [answering, registered] = telephones(lab);
  const password = passwords[demo.callee];
  const phones = [
    { name: `phone${demo.number}`, address: answering, register: undefined },
    ...(password === undefined
      ? []
      : [
          {
            name: `phone${demo.callee}`,
            address: registered,
            register: { user: demo.callee, password, service: `${state.service}:5060` },
          },
        ]),
  ];
  for (const { name, address, register } of phones) {
    const place = inNamespace(namespace, address);
    const argv = await phoneCommand({ place, directory, name, ...(register ? { register } : {}) });
    await lab.startExtra(name, outsideHost, kept(argv), join(directory, `${name}.out`));
  }
}

/** A rule that one app has taken is known to the other within a second. */
const ruleKnownMs = 10_000;

/**
 * One real call from outside to the demonstration number, hung up at once.
 * Returns the milliseconds from INVITE to answer.
 * @throws Error when it is not answered.
 */
export async function firstCall(lab: Lab): Promise<number> {
  const state = lab.state();
  const outside = state.hosts[outsideHost];
  const address = (outside?.addresses[0] ?? "").split("/")[0] ?? "";
  const until = performance.now() + ruleKnownMs;
  for (;;) {
    const call = await placeCall({
      place: inNamespace(outside?.namespace ?? "", address),
      directory: join(labPaths(lab.name).root, outsideHost),
      service: `${state.service}:5060`,
      from: "441234567",
      to: demo.number,
      seconds: 0.2,
      patienceMs: 10_000,
    });
    if (call.answered !== undefined) return call.answered - call.started;
    if (call.rejected?.code !== 404 || performance.now() > until)
      throw new Error(
        `the first call to ${demo.number} was not answered: ${outcomeOf(call)}${call.rejected ? ` ${call.rejected.code} ${call.rejected.reason}` : ""}`,
      );
  }
}
