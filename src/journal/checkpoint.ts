import { readFile } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";

const checkpointSchema = z.object({
  v: z.literal(1),
  segments: z.record(z.string(), z.object({ name: z.string(), offset: z.int().min(0) })),
});

/**
 * How far each journal segment is stored in the database. It moves only after the commit, and may lag behind:
 * shipping an event twice changes nothing.
 */
export class Checkpoint {
  private readonly file: string;
  private segments: Map<string, { name: string; offset: number }>;
  private dirty = false;

  constructor(file: string, segments: Map<string, { name: string; offset: number }> = new Map()) {
    this.file = file;
    this.segments = segments;
  }

  offsetOf(key: string): number {
    return this.segments.get(key)?.offset ?? 0;
  }

  advance(key: string, name: string, offset: number): void {
    this.segments.set(key, { name, offset });
    this.dirty = true;
  }

  /** Forgets segments that are not there any more. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.segments.keys())
      if (!keys.has(key)) {
        this.segments.delete(key);
        this.dirty = true;
      }
  }

  /** Writes it atomically and synced; does nothing when it did not move. */
  async save(): Promise<void> {
    if (!this.dirty) return;
    this.dirty = false;
    try {
      const document = { v: 1, segments: Object.fromEntries(this.segments) };
      await writeFileAtomic(this.file, JSON.stringify(document), { mode: 0o640 });
    } catch (error) {
      this.dirty = true;
      throw error;
    }
  }
}

/** A missing or damaged checkpoint means: ship everything again, which is safe. */
export async function loadCheckpoint(file: string): Promise<Checkpoint> {
  try {
    const { segments } = checkpointSchema.parse(JSON.parse(await readFile(file, "utf8")));
    return new Checkpoint(file, new Map(Object.entries(segments)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") throw error;
    return new Checkpoint(file);
  }
}
