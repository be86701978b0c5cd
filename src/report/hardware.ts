import { z } from "zod";
import { since } from "../base/duration.ts";

/** The host below the parts, and what is to be said of it. Pure. */

export const hardwareSchema = z.object({
  disks: z.array(
    z.object({
      path: z.string(),
      freeBytes: z.number(),
      bytes: z.number(),
      freeInodes: z.number(),
      inodes: z.number(),
      readOnly: z.boolean(),
      /** A write to it has waited for so long until now; missing: it answers, or an older agent. */
      silentMs: z.number().optional(),
    }),
  ),
  /** What the files of Kamailio's journal have for themselves; missing: no journal here, or an older agent. */
  journalReserved: z.number().optional(),
  memory: z.object({ availableBytes: z.number(), totalBytes: z.number() }).optional(),
  /** Share of the last 10 s in which somebody waited for it, % (/proc/pressure). */
  pressure: z.object({ cpu: z.number().optional(), io: z.number().optional() }).optional(),
  /** What another release may say besides is not known. */
  link: z.enum(["up", "down"]).optional().catch(undefined),
  /** The wall clock was set, by so much, in the last 10 minutes. */
  clockStep: z.object({ ms: z.number(), agoMs: z.number() }).optional(),
});
export type HardwareReport = z.infer<typeof hardwareSchema>;

/** Disks that have less than `least` bytes, or can not be written, in words. Pure. */
export const fullerThan = (least: number, { disks }: HardwareReport): string[] =>
  disks.flatMap(({ path, freeBytes, freeInodes, inodes, readOnly, silentMs }) => {
    if (silentMs !== undefined && silentMs >= hungMs)
      return [`${path} does not answer (${since(Math.round(silentMs))})`];
    if (readOnly) return [`${path} can not be written (read-only file system?)`];
    if (freeBytes < least) return [`${path} is full: ${Math.floor(freeBytes / mb)} MB free`];
    // Some file systems have no fixed number of inodes and say 0 of 0.
    if (inodes > 0 && freeInodes / inodes < lowShare)
      return [`${path} has no inodes left: ${freeInodes} of ${inodes}`];
    return [];
  });

/** What is to be said of the disks, in words; empty: nothing. Pure. */
export const diskTroubles = (hardware: HardwareReport): string[] => fullerThan(lowBytes, hardware);

/** A disk that nothing can be written to any more, in words; undefined: none. Pure. */
export const diskFull = (hardware: HardwareReport): string | undefined => fullerThan(fullBytes, hardware)[0];

/** Has a disk not answered for so long? Pure. */
export const diskSilent = (hardware: HardwareReport, forMs: number): boolean =>
  hardware.disks.some(({ silentMs }) => (silentMs ?? 0) >= forMs);

/** What of it keeps a node from doing its job, in words; empty: nothing. Pure. */
export function hardwareTroubles(hardware: HardwareReport): string[] {
  const { disks, link, memory, journalReserved } = hardware;
  const troubles = diskTroubles(hardware);
  if (troubles.length === 0 && journalReserved === 0)
    troubles.push(
      `${disks.at(-1)?.path} can not reserve space for call events (see fallocate(1)): a full disk would lose them`,
    );
  if (link === "down") troubles.push("the network interface has no link");
  if (memory && memory.availableBytes / memory.totalBytes < 0.03)
    troubles.push(`memory: ${Math.floor(memory.availableBytes / mb)} MB left`);
  return troubles;
}

export const mb = 1024 * 1024;

/** A disk that has not answered for so long hangs: a busy one takes longer only when it is nearly that. */
export const hungMs = 1000;

/** A write that waits for less than this is no news. */
export const slowMs = 300;

export const lowBytes = 64 * mb;

/** Under this a part that needs a file more does not get it. */
export const fullBytes = 16 * mb;

export const lowShare = 0.01;
