import { connect } from "node:net";
import { z } from "zod";
import { ports } from "../../cluster/facts.ts";
import { NgClient, NgRefused } from "./ng.ts";

/**
 * What we ask of this host's rtpengine, all of it on loopback: by ng (what SIP servers speak), and by its command line what
 * ng of 10.5 does not know (`active`, `standby`, which sessions are its own) or can not answer in one datagram (all sessions).
 */

const ng = new NgClient(ports.rtpengineNg);

/** @returns the round trip in ms. @throws Error when no pong came before `signal` aborts, or nobody listens. */
export async function ngPing(signal: AbortSignal): Promise<number> {
  const started = performance.now();
  await ng.ask("ping", {}, signal);
  return performance.now() - started;
}

/**
 * The Call-ID of a session: where several telephones rang at once, a session's name goes on with its branch (`fk` in
 * sip/media.cfg). Pure.
 */
export const callIdOf = (session: string): string => session.replace(/;[b0-9]+$/, "");

/**
 * Starts or stops the recording of a call that it relays, in each of its sessions.
 * @throws Error with rtpengine's own words ("Unknown call-id"), or when it does not answer in time.
 */
export async function relayRecording(callId: string, action: "start" | "stop"): Promise<void> {
  const ask = (session: string) =>
    ng.ask(`${action} recording`, { "call-id": session }, AbortSignal.timeout(recordingMs));
  try {
    await ask(callId);
  } catch (error) {
    if (!(error instanceof NgRefused)) throw error;
    const listed = await sessionsListed("own", AbortSignal.timeout(recordingMs));
    const sessions = [...listed].filter((session) => session !== callId && callIdOf(session) === callId);
    if (sessions.length === 0) throw new Error(`the media relay says: ${error.message}`, { cause: error });
    for (const session of sessions) await ask(session);
  }
}

const recordingMs = 1000;

/** Does it relay, or follow, this session? @throws Error when it does not answer before `signal` aborts */
export async function knowsSession(session: string, signal: AbortSignal): Promise<boolean> {
  try {
    await ng.ask("query", { "call-id": session }, signal);
    return true;
  } catch (error) {
    if (error instanceof NgRefused && /^unknown call-id/i.test(error.message)) return false;
    throw error;
  }
}

const statisticsSchema = z.object({
  statistics: z.object({
    currentstatistics: z.object({ sessionsown: z.int(), sessionsforeign: z.int(), sessionstotal: z.int() }),
  }),
});

/** Conversations that this node is responsible for, those that it only knows from its peer, and both. */
export interface SessionCounts {
  own: number;
  foreign: number;
  total: number;
}

let counted: { at: number; counts: Promise<SessionCounts> } | undefined;

/** A count serves all who ask within so long: it costs rtpengine ten times what a ping does. */
const countEveryMs = 1900;

/** @throws Error when it does not answer before `signal` aborts */
export async function sessionCounts(signal: AbortSignal): Promise<SessionCounts> {
  const now = performance.now();
  if (counted && now - counted.at < countEveryMs) return await counted.counts;
  const asked = { at: now, counts: askCounts(signal) };
  counted = asked;
  try {
    return await asked.counts;
  } catch (error) {
    if (counted === asked) counted = undefined;
    throw error;
  }
}

async function askCounts(signal: AbortSignal): Promise<SessionCounts> {
  const answer = statisticsSchema.parse(await ng.ask("statistics", {}, signal));
  const {
    sessionsown: own,
    sessionsforeign: foreign,
    sessionstotal: total,
  } = answer.statistics.currentstatistics;
  return { own, foreign, total };
}

/**
 * One command of rtpengine's command line (rtpengine-ctl(1)), e.g. `active`, `list totals`.
 * @returns what it printed. @throws Error when nobody listens or it has not ended before `signal` aborts.
 */
export function rtpengineCommand(command: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({ host: "127.0.0.1", port: ports.rtpengineCli });
  const onAbort = () => reject(new Error(`rtpengine does not answer to '${command}'`));
  signal.addEventListener("abort", onAbort, { once: true });
  let text = "";
  socket.setEncoding("utf8");
  // Not end(): rtpengine drops what it has not written yet when our side of the connection is closed.
  socket.on("connect", () => socket.write(`${command}\n`));
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", (error) => reject(new Error(`rtpengine's command port: ${error.message}`)));
  socket.on("close", () => resolve(text));
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

/** All sessions, or those that are its own, by their names (callIdOf). @throws Error as rtpengineCommand */
export const sessionsListed = async (which: "all" | "own", signal: AbortSignal): Promise<Set<string>> =>
  sessionsIn(await rtpengineCommand(`list sessions ${which}`, signal));

/** The sessions' names in the output of `list sessions`. Pure. */
export const sessionsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/^callid:\s*(\S+) \|/gm)].map((match) => match[1] ?? ""));
