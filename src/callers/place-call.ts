import { randomBytes } from "node:crypto";
import { isIPv6 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { hostAndPortIn } from "../base/host-in.ts";
import { callerScenario, sixWords } from "./caller-scenario.ts";
import { CallBook, type CallTimeline } from "./shortmsg.ts";
import { type Place, startSipp } from "./sipp.ts";

/** One call from outside, as a person with a telephone would place it. */
export interface CallRequest {
  place: Place;
  /** Directory for SIPp's files. */
  directory: string;
  /** The service: host or host:port; IPv6 in brackets. */
  service: string;
  from: string;
  to: string;
  /** Of the user `from`; without it the caller is an outsider and From carries its own address. */
  password?: string;
  /** Length of the call in seconds, then the caller hangs up, if the other side has not done so before. */
  seconds: number;
  /** How long it may ring, milliseconds; then the caller gives up. */
  patienceMs: number;
  transport?: "udp" | "tcp";
  cancelAfterMs?: number;
  reinvite?: boolean;
}

export type CallProgress = "calling" | "ringing" | "answered" | "rejected" | "cancelled" | "hung up";

/** A short unique id that is good in tags, branches and Call-IDs. */
export const runId = (): string => randomBytes(6).toString("hex");

/** What a call came to, in one word. Pure. */
export function outcomeOf(call: CallTimeline): "answered" | "rejected" | "cancelled" | "no answer" {
  if (call.answered !== undefined) return "answered";
  if (call.cancelled !== undefined) return "cancelled";
  return call.rejected ? "rejected" : "no answer";
}

/** The steps that a call has reached, in their order. Pure. */
export function stepsOf(call: CallTimeline): CallProgress[] {
  const steps: CallProgress[] = ["calling"];
  if (call.ringing !== undefined) steps.push("ringing");
  if (call.answered !== undefined) steps.push("answered");
  else if (call.cancelled !== undefined) steps.push("cancelled");
  else if (call.rejected) steps.push("rejected");
  if (call.hungUp) steps.push("hung up");
  return steps;
}

/**
 * Places a call and waits for its end. A call that is refused or not answered is a result, not an error.
 * @param onProgress called once for each step as it happens.
 * @throws Error when SIPp can not run or sends nothing.
 */
export async function placeCall(
  request: CallRequest,
  onProgress: (step: CallProgress, call: CallTimeline) => void = () => {},
): Promise<CallTimeline> {
  const run = runId();
  const service = hostAndPortIn(request.service)?.host ?? request.service;
  const ours = isIPv6(service) ? sixWords.service : service;
  const own = isIPv6(request.place.address) ? sixWords.own : request.place.address;
  await using sipp = await startSipp({
    place: request.place,
    directory: request.directory,
    name: `call-${run}`,
    remote: request.service,
    transport: request.transport ?? "udp",
    rate: 10,
    total: 1,
    callIds: `${run}-%u@%s`,
    authUri: `${request.to}@${request.service}`,
    scenario: callerScenario({
      run,
      from: request.from,
      fromDomain: request.password === undefined ? own : ours,
      to: request.to,
      patienceMs: request.patienceMs,
      holdMs: Math.round(request.seconds * 1000),
      ...(request.password === undefined ? {} : { password: request.password }),
      ...(request.cancelAfterMs === undefined ? {} : { cancelAfterMs: request.cancelAfterMs }),
      ...(request.reinvite ? { reinvite: true } : {}),
    }),
  });
  const book = new CallBook();
  const told = new Set<CallProgress>();
  let ended = false;
  const marking = sipp.exited.then(() => {
    ended = true;
  });
  for (;;) {
    const last = ended;
    for (const message of await sipp.news()) {
      const call = book.add(message);
      if (!call) continue;
      // A challenge (401, 407) looks like a rejection until the repetition: told at the end, if it stays.
      for (const step of stepsOf(call).filter((step) => step !== "rejected"))
        if (!told.has(step)) {
          told.add(step);
          onProgress(step, call);
        }
    }
    if (last) break;
    await Promise.race([marking, delay(20)]);
  }
  const [call] = book.calls.values();
  if (!call)
    throw new Error(`sipp sent nothing to ${request.service}; see ${request.directory}/call-${run}.err`);
  if (outcomeOf(call) === "rejected") onProgress("rejected", call);
  return call;
}
