import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { isDecision } from "../src/call/answer.ts";
import { carrierSchema } from "../src/carriers/carrier-schema.ts";
import { noWorld } from "../src/carriers/choose.ts";
import { buffersOf, type PriceBook, pricesOf } from "../src/carriers/price-book.ts";
import { compileAside, readSheetAside, type TableFile } from "../src/carriers/price-threads.ts";
import { emptySnapshot, withChanges } from "../src/entities/snapshot.ts";
import { siteSchema } from "../src/numbering/site-schema.ts";
import { consult } from "../src/routing/decide.ts";
import { registry } from "../src/routing/registry.ts";
import { ruleSchema } from "../src/routing/rule-schema.ts";
import { questionTo } from "../test/support/questions.ts";
import { percentile, report, rounded } from "./common.ts";

/**
 * Prices of many carriers without a database: sheets are read (CSV), packed, compiled to one lookup in a thread, and asked.
 *
 *   node bench/prices.ts [--carriers 20] [--prices 50000] [--lookups 200000]
 */
const { values } = parseArgs({
  options: {
    carriers: { type: "string", default: "20" },
    prices: { type: "string", default: "50000" },
    lookups: { type: "string", default: "200000" },
  },
});
const carriers = Number(values.carriers);
const each = Number(values.prices);
const lookups = Number(values.lookups);
const random = xoroshiro128plus(13);
const below = (n: number): number => uniformInt(random, 0, n - 1);

/** Prefixes of 2 to 8 digits, most of them in every carrier's sheet, as in reality. */
const shared = [
  ...new Set(Array.from({ length: each * 2 }, () => String(10 + below(90)) + String(below(10 ** below(7))))),
];
const sheetOf = (carrier: number): string => {
  const own = shared.filter((_, index) => (index * 7 + carrier) % 8 !== 0);
  for (let extra = 0; own.length < each; extra++)
    own.push(`${20 + carrier}9${String(extra).padStart(6, "0")}`);
  const lines = own
    .slice(0, each)
    .map(
      (prefix, index) =>
        `"Destination ${index}",${prefix},0.${String(below(999_999) + 1).padStart(6, "0")},${index % 3 === 0 ? "60/1" : "1/1"}`,
    );
  return `Destination,Prefix,Rate,Increment\n${lines.join("\n")}\n`;
};

const directory = await mkdtemp(join(tmpdir(), "dialtone-prices-"));
/** Decisions of an office's calls to the outside: dialled there, kinds of numbers, the cheapest carrier of all; µs, the least of three. */
function decisionTimes(book: PriceBook): number[] {
  const site = siteSchema.parse({ name: "s", country: "DE", area_code: "711", time_zone: "Europe/Berlin" });
  const rule = (name: string, match: object, action: object) =>
    [name, ruleSchema.parse({ name, match, action })] as const;
  const snapshot = withChanges(registry, emptySnapshot(registry), 1, {
    sites: new Map([["s", { ...site, default: true }]]),
    rules: new Map([
      rule("premium", { number_class: ["premium"] }, { type: "reject", code: 403 }),
      rule("world", { prefix: "+" }, { type: "route", targets: [{ type: "carriers" }] }),
    ]),
    carriers: new Map(
      Array.from({ length: carriers }, (_, index) => {
        const name = `carrier-${index}`;
        const address = { host: `192.0.2.${index + 1}`, port: 5060 };
        return [name, carrierSchema.parse({ name, addresses: [address] })] as const;
      }),
    ),
  });
  const world = { ...noWorld, book };
  const ask = (index: number) => {
    const number = `00${shared[(index * 7919) % shared.length]}${String(index).padStart(7, "0")}`;
    const question = questionTo(number, { call_id: `c${index}`, from: { user: "20", domain: "x" } });
    const begun = performance.now();
    const found = consult(snapshot, question, 1_800_000_000_000, new Map(), { world });
    const took = (performance.now() - begun) * 1000;
    if (!isDecision(found) || found.action !== "route") return Number.NaN;
    return took;
  };
  for (let index = 0; index < 5000; index++) ask(index);
  // What others on this machine take away is no part of a decision.
  return Array.from({ length: 20_000 }, (_, index) => Math.min(ask(index), ask(index), ask(index))).filter(
    (took) => !Number.isNaN(took),
  );
}

/** The processor's time for some work on all threads of this process, ms: beside others on the machine it says more than the clock. */
const cpuSince = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};
try {
  const tables: TableFile[] = [];
  const readMs: number[] = [];
  const readCpu: number[] = [];
  let packed = 0;
  for (let carrier = 0; carrier < carriers; carrier++) {
    const sheet = join(directory, "sheet.csv");
    await writeFile(sheet, sheetOf(carrier));
    const begun = performance.now();
    const cpu = process.cpuUsage();
    const result = await readSheetAside(sheet, {
      currency: "EUR",
      zone: "Europe/Berlin",
      bands: {},
      columns: {},
      increments: { first: 1, next: 1 },
    });
    readMs.push(performance.now() - begun);
    readCpu.push(cpuSince(cpu));
    if (result.kind !== "read") throw new Error(JSON.stringify(result));
    packed += result.packed.length;
    const file = join(directory, `${result.digest}.zst`);
    await writeFile(file, result.packed);
    tables.push({
      carrier: `carrier-${carrier}`,
      digest: result.digest,
      from: 0,
      until: Number.POSITIVE_INFINITY,
      file,
    });
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const compileMs: number[] = [];
  const compileCpu: number[] = [];
  let book = await compileAside(tables);
  for (let run = 0; run < 5; run++) {
    delay.enable();
    const begun = performance.now();
    const cpu = process.cpuUsage();
    book = await compileAside(tables);
    compileCpu.push(cpuSince(cpu));
    compileMs.push(performance.now() - begun);
    delay.disable();
  }
  const lookupBytes = buffersOf(book).reduce((sum, buffer) => sum + buffer.byteLength, 0);
  const times: number[] = [];
  let found = 0;
  for (let index = 0; index < lookups; index++) {
    const number = `${shared[below(shared.length)]}${String(below(1_000_000)).padStart(6, "0")}`;
    const begun = performance.now();
    found += pricesOf(book, number, 1_800_000_000_000).length;
    if (index > 1000) times.push((performance.now() - begun) * 1000);
  }
  const at = (share: number) => rounded(percentile(times, share), 1);
  const decisions = decisionTimes(book);
  await report("prices", [
    { what: "prices in all", value: book.perMinute.length, unit: "" },
    {
      what: "reading one sheet (CSV) in a thread, median",
      value: rounded(percentile(readMs, 0.5), 0),
      unit: "ms",
    },
    { what: "  processor time, median", value: rounded(percentile(readCpu, 0.5), 0), unit: "ms" },
    { what: "all tables, packed", value: rounded(packed / 2 ** 20, 1), unit: "MiB" },
    {
      what: "files to one lookup in a thread, median",
      value: rounded(percentile(compileMs, 0.5), 0),
      unit: "ms",
    },
    { what: "  the slowest of 5", value: rounded(percentile(compileMs, 1), 0), unit: "ms" },
    { what: "  processor time, median", value: rounded(percentile(compileCpu, 0.5), 0), unit: "ms" },
    { what: "  the caller's event loop meanwhile, at most", value: rounded(delay.max / 1e6, 1), unit: "ms" },
    { what: "memory of the lookup", value: rounded(lookupBytes / 2 ** 20, 1), unit: "MiB" },
    { what: "lookup over all carriers p50", value: at(0.5), unit: "µs" },
    { what: "  p99", value: at(0.99), unit: "µs" },
    { what: "  p99.9", value: at(0.999), unit: "µs" },
    {
      what: "a whole decision, the cheapest of all carriers p50",
      value: rounded(percentile(decisions, 0.5), 1),
      unit: "µs",
    },
    { what: "  p99", value: rounded(percentile(decisions, 0.99), 1), unit: "µs" },
    { what: "prices found per lookup", value: rounded(found / lookups, 1), unit: "" },
  ]);
} finally {
  await rm(directory, { recursive: true });
}
