import { Worker } from "node:worker_threads";
import type { BookRevision, PriceBook } from "./price-book.ts";
import type { SheetError, SheetSettings } from "./price-sheet.ts";
import type { TableMeta } from "./price-table.ts";

/** A revision and the file that has its packed table. */
export type TableFile = Omit<BookRevision, keyof TableMeta> & { file: string };

export type PriceWork =
  | { kind: "read"; file: string; settings: SheetSettings }
  | { kind: "compile"; tables: TableFile[] };

/** What a sheet became: `packed` is the table's bytes (price-table.ts), compressed with Zstandard. */
export interface ReadSheet {
  kind: "read";
  digest: string;
  prices: number;
  currency: string;
  packed: Uint8Array;
}

export interface RefusedSheet {
  kind: "refused";
  errors: SheetError[];
  /** Errors beyond those. */
  more: number;
}

export type PriceWorkDone = ReadSheet | RefusedSheet | { kind: "compile"; book: PriceBook };

/** A sheet of three million prices needs about as much; a thread that wants more ends alone. */
const maxHeapMb = 1536;

function inThread(work: PriceWork): Promise<PriceWorkDone> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./price-worker.ts", import.meta.url), {
      workerData: work,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    });
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread for prices ended with ${code}`)));
  });
}

/** Reads a sheet without holding up calls. @throws Error */
export async function readSheetAside(
  file: string,
  settings: SheetSettings,
): Promise<ReadSheet | RefusedSheet> {
  const result = await inThread({ kind: "read", file, settings });
  if (result.kind === "compile") throw new Error("the thread for prices did something else");
  return result;
}

/** Makes one lookup of all tables without holding up calls. @throws Error for a file that is missing or damaged */
export async function compileAside(tables: TableFile[]): Promise<PriceBook> {
  const result = await inThread({ kind: "compile", tables });
  if (result.kind !== "compile") throw new Error("the thread for prices did something else");
  return result.book;
}
