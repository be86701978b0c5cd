import { X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Cluster } from "../cluster/schema.ts";
import type { KeptCertificate } from "../cluster/web-certificate.ts";
import { renewalOf } from "./due.ts";

/** Ordering certificates (RFC 8555): what is remembered of it in the database, and what is to be done next. Pure. */

export const acmeStateSchema = z.object({
  /** Of which authority the account and the order are. */
  directory: z.string(),
  /** Keys are sealed. */
  account: z.object({ key: z.string(), url: z.string().nullable() }),
  order: z
    .object({ url: z.string(), key: z.string(), names: z.array(z.string()), at: z.iso.datetime() })
    .nullable()
    .default(null),
  /** Orders that are over, of the last days. */
  tries: z.array(z.object({ at: z.iso.datetime(), ok: z.boolean() })).default([]),
  /** Steps of the open order that failed in a row. */
  faults: z.int().default(0),
  /** Why the last order, or step, failed; empty: it did not. */
  failure: z.string().default(""),
  /** Nothing is done before. */
  next_at: z.iso.datetime().nullable().default(null),
  /** A person wants one now. */
  asked: z.boolean().default(false),
  /** From which authority the newest certificate is. */
  got: z.string().nullable().default(null),
  /** Which node did the last step. */
  node: z.string().default(""),
});
export type AcmeState = z.infer<typeof acmeStateSchema>;

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** After so many orders in a row that failed, the next one waits: authorities count failures, and shut out who goes on. */
const pauses = [15 * minute, hour, 4 * hour, 12 * hour, day];
/** Let's Encrypt: 5 failures in an hour for a name and account. */
const triesInAnHour = 4;
/** Let's Encrypt: 5 certificates of the same names in a week. */
const gotInAWeek = 4;
const week = 7 * day;
/** Faults of a step: the line, the authority's servers. */
const mostFaults = 8;
const stepPause = 30_000;
const longestStepPause = 15 * minute;
/** An order that is not done by then never will be. */
const longestOrder = day;

const since = (state: AcmeState, now: number, ms: number, ok?: boolean): number[] =>
  state.tries
    .filter((one) => ok === undefined || one.ok === ok)
    .map(({ at }) => Date.parse(at))
    .filter((at) => now - at < ms)
    .sort((x, y) => x - y);

const failuresInRow = ({ tries }: AcmeState): number =>
  tries.length - 1 - tries.findLastIndex(({ ok }) => ok);

/** Until when another order is too many, and why; undefined: it is not. */
export function limitOf(state: AcmeState, now: number): { until: number; why: string } | undefined {
  const [tried] = since(state, now, hour).slice(-triesInAnHour);
  if (tried !== undefined && since(state, now, hour).length >= triesInAnHour)
    return { until: tried + hour, why: `there were ${triesInAnHour} orders within an hour` };
  const got = since(state, now, week, true);
  const [first] = got.slice(-gotInAWeek);
  if (first !== undefined && got.length >= gotInAWeek)
    return { until: first + week, why: `there were ${gotInAWeek} certificates within a week` };
  return undefined;
}

/** Why one is to be ordered; undefined: the one that is there is good. */
export function whyOrder(
  found: Pick<KeptCertificate, "certificate"> | undefined,
  state: AcmeState | undefined,
  { web }: Pick<Cluster, "web">,
  now: number,
): string | undefined {
  if (!found) return "there is none";
  if (state?.asked) return "a person wants one";
  const one = new X509Certificate(found.certificate);
  if (state?.got !== web.acme?.directory) return "it is from another authority";
  const missing = web.names.filter((name) => one.checkHost(name) === undefined);
  if (missing.length > 0) return `it is not for ${missing.join(", ")}`;
  return now >= renewalOf(one) ? "most of its life is over" : undefined;
}

/** When an order may begin, or go on, ms since 1970. */
export function mayAt(state: AcmeState | undefined, now: number): number {
  if (!state) return now;
  const next = state.next_at === null ? now : Date.parse(state.next_at);
  const limit = state.order ? undefined : limitOf(state, now);
  return Math.max(next, limit?.until ?? now);
}

const over = (state: AcmeState, now: number, ok: boolean): AcmeState => ({
  ...state,
  order: null,
  faults: 0,
  asked: false,
  tries: [
    ...state.tries.filter(({ at }) => now - Date.parse(at) < week + day),
    { at: new Date(now).toISOString(), ok },
  ],
});

/** The order failed: another one later. @param retryAfterMs as the authority says */
export function afterFailure(state: AcmeState, why: string, now: number, retryAfterMs = 0): AcmeState {
  const next = over(state, now, false);
  const pause = pauses[Math.min(failuresInRow(next), pauses.length) - 1] ?? day;
  return { ...next, failure: why, next_at: new Date(now + Math.max(pause, retryAfterMs)).toISOString() };
}

/** A step failed: it is tried again, and the order given up when that does not help. */
export function afterFault(state: AcmeState, why: string, now: number, retryAfterMs = 0): AcmeState {
  const faults = state.faults + 1;
  if (!state.order || faults > mostFaults || now - Date.parse(state.order.at) > longestOrder)
    return afterFailure(state, why, now, retryAfterMs);
  const pause = Math.min(stepPause * 2 ** (faults - 1), longestStepPause);
  return {
    ...state,
    faults,
    failure: why,
    next_at: new Date(now + Math.max(pause, retryAfterMs)).toISOString(),
  };
}

/** The certificate is there. */
export const afterSuccess = (state: AcmeState, now: number): AcmeState => ({
  ...over(state, now, true),
  failure: "",
  next_at: null,
  got: state.directory,
});
