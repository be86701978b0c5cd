import { z } from "zod";
import type { Ground } from "../../src/drills/ground.ts";

/** What the agents noted while something was measured: parts killed, moves of the service address. */

const noteSchema = z.array(
  z.object({
    monotonicMs: z.number(),
    wallMs: z.number(),
    kind: z.string(),
    subject: z.string(),
    text: z.string(),
  }),
);
export type Note = z.infer<typeof noteSchema>[number] & { host: string };

/** The notes of all hosts since a moment (CLOCK_MONOTONIC, ms), oldest first. A host whose agent is silent adds none. */
export async function notesSince(
  ground: Ground,
  hosts: readonly string[],
  monotonicMs: number,
): Promise<Note[]> {
  const all = await Promise.all(
    hosts.map(async (host) => {
      const notes = noteSchema.parse(await ground.events(host).catch(() => []));
      return notes.filter((note) => note.monotonicMs > monotonicMs).map((note) => ({ ...note, host }));
    }),
  );
  return all.flat().sort((one, other) => one.monotonicMs - other.monotonicMs);
}

/** CLOCK_MONOTONIC, ms: the clock of the notes. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

const killed = new Set(["part-killed", "part-exited", "part-failed"]);

/** `kills`: parts that ended, whoever ended them. Pure. */
export function troubles(notes: readonly Note[]) {
  const kills = notes.filter((note) => killed.has(note.kind));
  const moves = notes.filter((note) => note.kind === "address" && note.subject === "gained");
  return {
    // An agent that kills a part notes both that and the exit.
    kills: kills.filter(({ kind }) => kind !== "part-killed").length,
    moves: moves.length,
    words: [...kills, ...moves].map((note) => `${note.host} ${note.kind} ${note.subject}: ${note.text}`),
  };
}
