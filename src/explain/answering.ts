import type { HostReport } from "../report/host-report.ts";
import { fresherMs } from "../report/news.ts";
import type { Silence } from "../report/silence.ts";
import { silenceOf, silenceText } from "./silence.ts";

/** Who answers calls, and who could: one place for status, light, checks and alerts. Pure. */
export interface Answering {
  /** Have the service address, as they say themselves. */
  holders: string[];
  /**
   * Nobody who is heard has it, but this one had it when it was heard last, and its host is there: an agent that hangs or
   * died leaves the address and the parts as they are (docs/decisions/0003-agent-dies-alone.md).
   */
  keeper?: { host: string; why: Silence | "unknown" };
  /** Take calls: at the service address, or at their own (hot-hot, DNS); the holder first. */
  answer: string[];
  /** Could take the service address. */
  ready: string[];
}

/**
 * Without claims of the past: who was heard last before another one took the address (a higher term, and news that are two
 * polls fresher) has it no more. A host that lost its power would be said to hold it too, until it is called silent.
 */
export function withoutPastClaims<Sight extends { report?: HostReport; ageMs?: number }>(
  sights: readonly Sight[],
): Sight[] {
  const claims = sights.flatMap(({ report, ageMs }) =>
    report?.holds && ageMs !== undefined ? [{ term: report.term, ageMs }] : [],
  );
  return sights.map((sight) => {
    const { report, ageMs } = sight;
    if (!report?.holds || ageMs === undefined) return sight;
    const isPast = claims.some(({ term, ageMs: age }) => term > report.term && ageMs - age > fresherMs);
    return isPast ? { ...sight, report: { ...report, holds: false } } : sight;
  });
}

/** `heard`: fresh reports, `silent`: the last reports of hosts that are not heard any more. */
export function answering(
  heard: readonly HostReport[],
  silent: readonly Pick<HostReport, "host" | "holds">[],
): Answering {
  const holders = heard.filter((report) => report.holds).map(({ host }) => host);
  const own = heard.filter((report) => report.serves?.ok && !report.holds).map(({ host }) => host);
  const keeper = silent
    .filter((report) => report.holds)
    .flatMap(({ host }) => {
      const why = silenceOf(host, heard);
      return why === undefined || why === "host-unreachable" ? [] : [{ host, why }];
    })[0];
  return {
    holders,
    ...(holders.length === 0 && keeper ? { keeper } : {}),
    answer: [...holders, ...own],
    ready: heard.filter((report) => report.verdict.mayHold && !report.holds).map(({ host }) => host),
  };
}

/** What is known of an address whose agent says nothing. */
export const keeperText = ({ host, why }: NonNullable<Answering["keeper"]>): string =>
  `${host} held the service address when it was heard last and keeps it: ${
    why === "unknown" ? "its agent does not answer" : silenceText[why]
  }`;

/** The reason why those who change or hurt the cluster wait: not exactly one host holds the address; empty: one does. */
export const notOneHolder = (holders: readonly string[]): string[] =>
  holders.length === 1
    ? []
    : [
        holders.length === 0
          ? "nobody holds the service address"
          : `${holders.join(" and ")} hold the service address`,
      ];

/** For callers, in one sentence or two. `worst`: what they notice now, if anything. */
export function headlineOf(who: Answering, worst: string | undefined): string {
  const { holders, keeper, answer, ready } = who;
  const [holder] = holders;
  const standby =
    ready.length > 0 ? `${ready.join(", ")} can take over.` : "If it fails now, nobody can take over.";
  if (keeper) {
    const callers = worst === undefined ? "Calls go on:" : `Callers are affected: ${worst}.`;
    return `${callers} ${keeperText(keeper)}. ${standby}`;
  }
  if (holder === undefined) {
    const many = answer.length > 1;
    const own =
      answer.length === 0
        ? ""
        : ` ${answer.join(" and ")} still ${many ? "answer calls to their own addresses" : "answers calls to its own address"}.`;
    return `Calls do not get through: nobody holds the service address.${own}`;
  }
  if (holders.length > 1)
    return `Calls get through, but ${holders.join(" and ")} both hold the service address.`;
  if (worst !== undefined)
    return `Callers are affected: ${worst}. ${holder} holds the service address; ${standby}`;
  if (answer.length > 1)
    return `Calls get through: ${answer.join(" and ")} answer them, ${holder} those to the service address. ${
      ready.length > 0 ? `If it fails, ${ready.join(", ")} can take that over.` : standby
    }`;
  return `Calls get through: ${holder} answers them. ${standby}`;
}
