import { readFile } from "node:fs/promises";
import { parentPort, workerData } from "node:worker_threads";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { buffersOf, compile } from "./price-book.ts";
import { readSheet } from "./price-sheet.ts";
import { bytesOf, digestOf, tableIn } from "./price-table.ts";
import type { PriceWork, PriceWorkDone } from "./price-threads.ts";

/** The thread for what would hold up calls: reading a sheet, making one lookup of all tables. One piece of work each. */

const work = workerData as PriceWork;

async function done(): Promise<PriceWorkDone> {
  if (work.kind === "compile") {
    const tables = await Promise.all(
      work.tables.map(async ({ file, ...revision }) => ({
        revision,
        table: tableIn(zstdDecompressSync(await readFile(file))),
      })),
    );
    return { kind: "compile", book: compile(tables) };
  }
  const result = await readSheet(work.file, work.settings);
  if ("errors" in result) return { kind: "refused", ...result };
  const { table } = result;
  const bytes = bytesOf(table);
  return {
    kind: "read",
    digest: digestOf(bytes),
    prices: table.prefixes.length,
    currency: table.meta.currency,
    packed: new Uint8Array(zstdCompressSync(bytes)),
  };
}

const result = await done();
const buffers =
  result.kind === "compile"
    ? buffersOf(result.book)
    : result.kind === "read" && result.packed.buffer instanceof ArrayBuffer
      ? [result.packed.buffer]
      : [];
parentPort?.postMessage(result, buffers);
