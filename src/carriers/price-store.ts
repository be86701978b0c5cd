import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Database } from "../db/database.ts";
import { change } from "../entities/changes.ts";
import { Problem } from "../http/problems.ts";
import type { PriceField } from "./price-columns.ts";
import type { SheetSettings } from "./price-sheet.ts";
import { type ReadSheet, readSheetAside } from "./price-threads.ts";
import { addRevision, prices } from "./prices.ts";

/** Sheets → packed tables in the database, and from there to this host's disk. */

/** The largest sheet, bytes. */
const maxSheetBytes = 256 * 1024 * 1024;
/** A row of the database has less than 1 MB, so that a table is many small write sets. */
const chunkBytes = 768 * 1024;

export interface ImportSettings {
  from: Date;
  dryRun: boolean;
  sheet: SheetSettings;
}

export interface Imported extends Omit<ReadSheet, "kind" | "packed"> {
  version: number | null;
}

export class PriceStore {
  private readonly database: Database;
  private readonly directory: string;

  /** @param directory where this host keeps the tables that it uses */
  constructor(database: Database, directory: string) {
    this.database = database;
    this.directory = directory;
  }

  file(digest: string): string {
    return join(this.directory, `${digest}.zst`);
  }

  /**
   * Reads a sheet (CSV, UTF-8), stores its table, and makes it the carrier's from a time on; nothing of it when anything is
   * wrong with it.
   * @throws Problem `invalid-sheet` with all faults, `too-large`
   */
  async import(carrier: string, sheet: Readable, settings: ImportSettings): Promise<Imported> {
    await mkdir(this.directory, { recursive: true, mode: 0o750 });
    const draft = join(this.directory, `${randomUUID()}.csv`);
    try {
      await pipeline(sheet, bounded(maxSheetBytes), createWriteStream(draft, { mode: 0o640 }));
      const read = await readSheetAside(draft, settings.sheet);
      if (read.kind === "refused")
        throw new Problem(
          "invalid-sheet",
          `nothing was taken of it: ${read.errors.length + read.more} faults`,
          read.errors.map(({ line, column, header, message }) => ({
            path: column === 0 ? `line ${line}` : `line ${line}, column ${column} (${header})`,
            message,
          })),
        );
      const { packed, kind: _, ...facts } = read;
      if (settings.dryRun) return { ...facts, version: null };
      await this.store(read);
      const { digest, prices: count, currency } = facts;
      const version = await change(this.database, { of: prices, entity: carrier, operation: "put" }, (trx) =>
        addRevision(trx, carrier, { digest, prices: count, currency, from: settings.from.toISOString() }),
      );
      return { ...facts, version };
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Chunk by chunk, each a transaction; a table is there when its own row is. */
  private async store({ digest, prices, currency, packed }: ReadSheet): Promise<void> {
    const chunks = Math.ceil(packed.length / chunkBytes);
    for (let part = 0; part < chunks; part++) {
      const body = Buffer.from(packed.subarray(part * chunkBytes, (part + 1) * chunkBytes));
      await this.database.transact(async (trx) => {
        await trx
          .insertInto("price_chunks")
          .values({ digest, part, body })
          .onDuplicateKeyUpdate({ body })
          .execute();
      });
    }
    const facts = { prices, currency, bytes: packed.length, chunks, added_at: new Date() };
    await this.database.transact(async (trx) => {
      await trx
        .insertInto("price_tables")
        .values({ digest, ...facts })
        .onDuplicateKeyUpdate(facts)
        .execute();
    });
  }

  /** Tables that this host keeps. */
  async kept(): Promise<Set<string>> {
    await mkdir(this.directory, { recursive: true, mode: 0o750 });
    const names = await readdir(this.directory);
    return new Set(names.filter((name) => name.endsWith(".zst")).map((name) => name.slice(0, -4)));
  }

  /** Brings a table from the database to this host's disk. @throws Error of database or file system; when it is not whole */
  async bring(digest: string): Promise<void> {
    const { bytes, chunks } = await this.database.read((db) =>
      db
        .selectFrom("price_tables")
        .select(["bytes", "chunks"])
        .where("digest", "=", digest)
        .executeTakeFirstOrThrow(),
    );
    const bodies: Buffer[] = [];
    for (let part = 0; part < chunks; part++) {
      const { body } = await this.database.read((db) =>
        db
          .selectFrom("price_chunks")
          .select("body")
          .where("digest", "=", digest)
          .where("part", "=", part)
          .executeTakeFirstOrThrow(),
      );
      bodies.push(body);
    }
    const draft = `${this.file(digest)}.new`;
    await writeFile(draft, Buffer.concat(bodies), { mode: 0o640, flush: true });
    if ((await stat(draft)).size !== bytes)
      throw new Error(`price table ${digest} is not whole in the database`);
    await rename(draft, this.file(digest));
  }

  async forget(digest: string): Promise<void> {
    await rm(this.file(digest), { force: true });
  }

  /** Removes tables that no carrier has any more from the database; those of the last day stay: an import may be under way. */
  async prune(): Promise<void> {
    const lists = await this.database.db.selectFrom("price_lists").select("body").execute();
    const text = lists.map(({ body }) => body).join();
    const old = await this.database.db
      .selectFrom("price_tables")
      .select("digest")
      .where("added_at", "<", new Date(Date.now() - 86_400_000))
      .execute();
    for (const { digest } of old.filter((table) => !text.includes(table.digest)))
      await this.database.transact(async (trx) => {
        await trx.deleteFrom("price_tables").where("digest", "=", digest).execute();
        await trx.deleteFrom("price_chunks").where("digest", "=", digest).execute();
      });
  }
}

/** The same bytes, up to so many. */
function bounded(most: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > most) done(new Problem("too-large", `a sheet has at most ${most / 2 ** 20} MiB`));
      else done(null, chunk);
    },
  });
}

/** Fields by the names that people gave. @throws Problem `invalid-request` */
export function columnsNamed(
  named: Record<string, string>,
  known: readonly PriceField[],
): Partial<Record<PriceField, string>> {
  const stray = Object.keys(named).find((field) => !(known as readonly string[]).includes(field));
  if (stray !== undefined)
    throw new Problem("invalid-request", `there is no field '${stray}': the fields are ${known.join(", ")}`);
  return named;
}
