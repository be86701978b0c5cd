import type { Sample, Thread } from "../../host/evidence.ts";

/**
 * A part does not answer: is it stuck, or does it not get what it needs? Restarting helps against the one and makes the
 * other worse. Pure: what the kernel said of it (host/evidence.ts) in, a verdict and words for people out.
 */

/**
 * works: it gets on with something. starved: others have the processors, its own or those of the agent that asks.
 * stopped: by SIGSTOP or a debugger, for certain.
 * stuck: it has done the same for long. asleep: it gets all that it asks for and does nothing: a deadlock, or it waits for
 * another part that is starved (rtpengine for redis). unknown: too little was seen.
 */
export type Verdict = "works" | "starved" | "waits-for-disk" | "stopped" | "stuck" | "asleep" | "unknown";

export interface Stuckness {
  verdict: Verdict;
  why: string;
}

/** Looks at least so far apart are compared, ms. */
const apartMs = 80;
/** Before this it can not be said what it is that it does. */
const enoughMs = 300;
/** What a part does now is told by its last second. */
const recentMs = 1000;
/** An endless loop makes no system call; an honest computation of this length would be a fault as well. */
const loopMs = 2000;
/** ... of which it must have had a processor so long: a loop that gets none proves nothing. */
const loopRanMs = 400;
/** Shares of the last second. */
const starvedShare = 0.25;
const worksShare = 0.5;

const percent = (share: number): string => `${Math.min(100, Math.round(100 * share))} %`;

/** The threads that both looks saw. */
const pairs = (one: Sample, other: Sample): [id: string, before: Thread, after: Thread][] =>
  Object.entries(other.threads).flatMap(([id, after]) => {
    const before = one.threads[id];
    return before ? [[id, before, after] as [string, Thread, Thread]] : [];
  });

const processOf = (id: string): string => id.slice(0, id.indexOf("/"));

/** Neither ran nor waited in between. */
const still = (before: Thread, after: Thread): boolean =>
  after.ranMs === before.ranMs && after.waitedMs === before.waitedMs;

function stoppedProcess(before: Sample, last: Sample): string | undefined {
  const found = pairs(before, last).find(
    ([, one, other]) => "Tt".includes(one.state) && "Tt".includes(other.state) && still(one, other),
  );
  return found && processOf(found[0]);
}

/** A thread that has run all the time (or wanted to), and neither slept, read nor wrote anything in between. */
function loops(first: Sample, last: Sample): string | undefined {
  const wall = last.at - first.at;
  if (wall < loopMs) return undefined;
  const found = pairs(first, last).find(([, one, other]) => {
    const ran = other.ranMs - one.ranMs;
    const wanted = ran + other.waitedMs - one.waitedMs;
    return (
      ran >= loopRanMs && wanted >= 0.8 * wall && other.pauses === one.pauses && other.calls === one.calls
    );
  });
  return found && processOf(found[0]);
}

const onDisk = (samples: readonly Sample[]): boolean => {
  const last = samples.at(-1);
  return Object.entries(last?.threads ?? {}).some(
    ([id, thread]) =>
      thread.state === "D" &&
      2 * samples.filter((sample) => sample.threads[id]?.state === "D").length >= samples.length,
  );
};

/** The share of the time in which the part was ready and others ran: its worst thread, or all together beside their work. */
function waitedShare(first: Sample, last: Sample): number {
  const wall = last.at - first.at;
  let worst = 0;
  let [ran, waited] = [0, 0];
  for (const [, one, other] of pairs(first, last)) {
    const here = other.waitedMs - one.waitedMs;
    // Ready all the time and not once on a processor: the kernel counts that wait only when it ends.
    const ready = one.state === "R" && other.state === "R" && still(one, other);
    worst = Math.max(worst, ready ? wall : here);
    ran += other.ranMs - one.ranMs;
    waited += here;
  }
  return Math.max(worst, waited > 1.5 * ran ? waited : 0) / wall;
}

type Times = Pick<Thread, "ranMs" | "waitedMs">;

/** The share of the time in which it ran, or would have. */
const wantedShare = (one: Times, other: Times, wall: number): number =>
  (other.ranMs - one.ranMs + other.waitedMs - one.waitedMs) / wall;

const busiest = (first: Sample, last: Sample): number =>
  Math.max(0, ...pairs(first, last).map(([, one, other]) => wantedShare(one, other, last.at - first.at)));

/**
 * An answer that came may not have been read in time: the agent waits for a processor itself, or has too much to do. (A question may be
 * several waits: each less than what counts as a stall of the agent, all together longer than the answer may take.)
 */
function lateAsker(first: Sample, last: Sample): string | undefined {
  const wall = last.at - first.at;
  const waited = (last.asker.waitedMs - first.asker.waitedMs) / wall;
  if (waited >= starvedShare)
    return `the agent that asks waits for a processor itself, ${percent(waited)} of the last second`;
  const wanted = wantedShare(first.asker, last.asker, wall);
  return wanted >= worksShare
    ? `the agent that asks has too much to do itself: ${percent(wanted)} of the last second`
    : undefined;
}

/**
 * @param samples of one process tree, oldest first, since it fell silent
 * @param now monotonic ms
 */
export function stuckness(samples: readonly Sample[], now: number): Stuckness {
  const last = samples.at(-1);
  const before = samples.findLast((sample) => last && last.at - sample.at >= apartMs);
  const first = samples[0];
  if (!first || !last || !before || Object.keys(last.threads).length === 0)
    return { verdict: "unknown", why: "nothing is known of it yet" };
  const stopped = stoppedProcess(before, last);
  if (stopped !== undefined)
    return { verdict: "stopped", why: `process ${stopped} is stopped (state T, proc(5))` };
  if (last.at - first.at < enoughMs) return { verdict: "unknown", why: "not watched for long enough yet" };
  const recent = samples.filter((sample) => now - sample.at <= recentMs);
  const from = recent[0] && last.at - recent[0].at >= enoughMs ? recent[0] : first;
  const seen = recent.length > 1 ? recent : samples;
  const drains = seen.some((sample, n) => sample.queued < (seen[n - 1]?.queued ?? 0));
  const loop = drains ? undefined : loops(first, last);
  if (loop !== undefined)
    return {
      verdict: "stuck",
      why: `process ${loop} runs in a loop: in ${((last.at - first.at) / 1000).toFixed(1)} s it neither slept nor read nor wrote`,
    };
  if (onDisk(seen)) return { verdict: "waits-for-disk", why: "waits for the disk" };
  const waited = Math.max(waitedShare(from, last), waitedShare(first, last));
  if (waited >= starvedShare)
    return { verdict: "starved", why: `waits for a processor, ${percent(waited)} of the last second` };
  if (drains) return { verdict: "works", why: "works through its queue" };
  const wanted = busiest(from, last);
  if (wanted >= worksShare)
    return { verdict: "works", why: `works, or would: ${percent(wanted)} of a processor in the last second` };
  // What was asked is still there: whoever is late, it is not the asker.
  const left = Math.min(...seen.map((sample) => sample.queued));
  if (left > 0)
    return { verdict: "asleep", why: `sleeps, and does not take the ${left} bytes that wait for it` };
  const late = lateAsker(from, last);
  if (late !== undefined) return { verdict: "starved", why: late };
  return { verdict: "asleep", why: "gets all that it asks for, and sleeps" };
}
