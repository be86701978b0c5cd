import { join } from "node:path";
import { Cron } from "croner";
import { messageOf } from "../../base/message.ts";
import { type HostContext, journalDirs } from "../../cluster/facts.ts";
import {
  forgetCarried,
  reserveJournal,
  rotateJournal,
  trimJournal,
} from "../../components/kamailio/journal.ts";
import { loadCheckpoint } from "../../journal/checkpoint.ts";
import { pruneJournal } from "../../journal/retention.ts";
import { LogMover, rotateLogs } from "./logs.ts";

/** What must be done regularly so that no file grows for ever. */

type Tell = (subject: string, text: string) => void;

async function logs({ dirs }: HostContext, tell: Tell): Promise<void> {
  const rotated = await rotateLogs(dirs.log);
  if (rotated.length > 0) tell("logs", `rotated ${rotated.join(", ")}`);
}

/** Kamailio's journal: a new file each day; removed only when it is in the database, and old (records/retention.ts). */
async function journal(context: HostContext, tell: Tell): Promise<void> {
  const finished = await rotateJournal(context, new Date());
  const removed = await pruneJournal(
    journalDirs(context.dirs).disk,
    await loadCheckpoint(join(context.dirs.app, "checkpoint.json")),
  );
  tell("journal", `finished ${finished.length} files, removed ${removed.length} old ones`);
}

/** Space for call events, whatever else fills the disk. Told when it changes. */
function journalSpace(): (context: HostContext, tell: Tell) => Promise<void> {
  let told = "";
  return async (context, tell) => {
    const faults = await reserveJournal(context);
    const text = faults[0] ?? "";
    if (text !== told) tell("journal-space", text === "" ? "space is reserved for call events again" : text);
    told = text;
    await trimJournal(context);
  };
}

/** Starts the schedule; returns how to end it. What fails is told, and tried again at the next time. */
export function startHousekeeping(context: HostContext, tell: Tell): () => void {
  const job = (subject: string, pattern: string, work: (context: HostContext, tell: Tell) => Promise<void>) =>
    new Cron(
      pattern,
      {
        protect: true,
        catch: (error) => tell(subject, `failed: ${messageOf(error)}`),
      },
      () => work(context, tell),
    );
  // Not by Cron: to find out when the next second begins costs more than what is done then.
  const every = (subject: string, ms: number, work: () => Promise<void>) => {
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      void work()
        .catch((error: unknown) => tell(subject, `failed: ${messageOf(error)}`))
        .finally(() => {
          busy = false;
        });
    }, ms);
    return { stop: () => clearInterval(timer) };
  };
  const space = journalSpace();
  const mover = new LogMover(context.dirs.fresh, context.dirs.log);
  const jobs = [
    job("logs", "* * * * *", logs),
    every("logs", 1000, () => mover.move()),
    ...(context.self.role === "node"
      ? [
          job("journal", "17 3 * * *", journal),
          every("journal-space", 5000, () => space(context, tell)),
          every("journal-memory", 5000, () => forgetCarried(context)),
        ]
      : []),
  ];
  return () => {
    for (const one of jobs) one.stop();
  };
}
