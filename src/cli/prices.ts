import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { currencySchema, importedSchema, lookupSchema, priceListSchema } from "../carriers/price-schema.ts";
import { apiTargets, ask, print, upload, withApiOptions } from "../client/api.ts";
import { table } from "./table.ts";

const versioned = z.object({ rules_version: z.int() });
const page = z.object({ prices: z.array(priceListSchema), next: z.string().nullable() });
const rates = z.object({ currencies: z.array(currencySchema), next: z.string().nullable() });

interface ImportOptions {
  from?: string;
  dryRun?: boolean;
  currency?: string;
  zone?: string;
  band?: string[];
  column?: string[];
  dates?: string;
  increments?: string;
}

const instant = (text: string): string => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime()))
    throw new InvalidArgumentError("write it as 2026-12-01 or 2026-12-01T08:00");
  return at.toISOString();
};

/** A sheet as text: UTF-8, or what older spreadsheets write. */
async function textOf(file: string): Promise<string> {
  const bytes = await readFile(file);
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString("utf16le");
  return isUtf8(bytes) ? bytes.toString("utf8") : new TextDecoder("windows-1252").decode(bytes);
}

function queryOf(options: ImportOptions): string {
  const query = new URLSearchParams();
  if (options.from !== undefined) query.set("from", options.from);
  if (options.dryRun) query.set("dry_run", "true");
  for (const key of ["currency", "zone", "dates", "increments"] as const)
    if (options[key] !== undefined) query.set(key, options[key]);
  if (options.band) query.set("bands", options.band.join("\n"));
  if (options.column) query.set("columns", options.column.join("\n"));
  return query.toString();
}

/** `dialtone prices`: what carriers ask for calls. */
export function registerPrices(program: Command): void {
  const group = withApiOptions(program.command("prices").description("what carriers ask for calls"));
  group.addHelpText(
    "after",
    `
Examples:
  dialtone prices import gold rates.csv --currency EUR --dry-run      only say what is wrong with it
  dialtone prices import gold rates.csv --currency EUR --from 2026-12-01 --zone Europe/Berlin
  dialtone prices import iron sheet.csv --column 'prefix=Wohin' --band 'peak=mon-fri 08:00-18:00'
  dialtone prices show +4915112345678                                 what each carrier asks for a call there
  dialtone prices rate USD 0.92                                       to compare prices in several currencies
What sheets may look like: docs/prices.md.`,
  );

  group
    .command("import <carrier> <file>")
    .description("take a carrier's sheet (CSV); nothing of it when anything is wrong with it")
    .option("--from <date>", "in force from then on (default: now)", instant)
    .option("--dry-run", "only say what is wrong with it, or what it has")
    .option("--currency <code>", "of prices that say none, e.g. EUR")
    .option("--zone <zone>", "the clocks of its dates and times, e.g. Europe/Berlin (default: UTC)")
    .option("--band <name=times...>", "what its names of times mean, e.g. 'peak=mon-fri 08:00-18:00'")
    .option("--column <field=header...>", "which header is which field, e.g. 'price=Was es kostet'")
    .addOption(new Option("--dates <order>", "what comes first in 03/04/2026").choices(["dmy", "mdy"]))
    .option("--increments <first/next>", "seconds, of prices that say none (default: 1/1)")
    .action(async (carrier: string, file: string, options: ImportOptions, command: Command) => {
      const path = `/v1/prices/${encodeURIComponent(carrier)}/import?${queryOf(options)}`;
      const taken = await upload(apiTargets(command), importedSchema, path, "text/csv", await textOf(file));
      print(command, taken, () =>
        taken.rules_version === null
          ? `nothing is wrong with it: ${taken.prices} prices in ${taken.currency}; nothing was changed`
          : `${taken.prices} prices of ${carrier} in ${taken.currency}, in force from ${taken.from}`,
      );
    });

  group
    .command("list")
    .description("all carriers' sheets, and since when each is in force")
    .action(async (_options: unknown, command: Command) => {
      const { prices } = await ask(apiTargets(command), page, "GET", "/v1/prices?limit=1000");
      print(command, prices, () =>
        prices.length === 0
          ? "no prices yet: see 'dialtone prices import --help'"
          : table(
              ["CARRIER", "FROM", "PRICES", "CURRENCY", "SHEET"],
              prices.flatMap(({ name, revisions }) =>
                revisions.map(({ from, prices: count, currency, digest }) => [
                  name,
                  from,
                  count,
                  currency,
                  digest,
                ]),
              ),
            ),
      );
    });

  group
    .command("show <number>")
    .description("what each carrier asks for a call to a number")
    .option("--at <time>", "default: now", instant)
    .option("--seconds <n>", "how long the call is", "180")
    .action(async (number: string, options: { at?: string; seconds: string }, command: Command) => {
      const query = new URLSearchParams({ number, seconds: options.seconds });
      if (options.at !== undefined) query.set("at", options.at);
      const found = await ask(apiTargets(command), lookupSchema, "GET", `/v1/prices/lookup?${query}`);
      print(command, found, () =>
        found.prices.length === 0
          ? `no carrier has a price for ${number}`
          : table(
              ["CARRIER", "FOR", "PREFIX", "A MINUTE", "CONNECTION", "SECONDS", "CALL", ""],
              found.prices.map((price) => [
                price.carrier,
                price.name,
                price.prefix,
                `${price.per_minute} ${price.currency}`,
                price.fee,
                `${price.billed_seconds} (${price.increments})`,
                `${price.cost} ${price.currency}`,
                price.state === "known" ? "" : price.state,
              ]),
            ),
      );
    });

  group
    .command("remove <carrier>")
    .description("remove all prices of a carrier")
    .action(async (carrier: string, _options: unknown, command: Command) => {
      const path = `/v1/prices/${encodeURIComponent(carrier)}`;
      const answer = await ask(apiTargets(command), versioned, "DELETE", path);
      print(command, { carrier, ...answer }, () => `carrier ${carrier} has no prices any more`);
    });

  group
    .command("rate <currency> [rate]")
    .description("what one unit is worth in the money that prices are compared in; without a rate: remove it")
    .action(async (currency: string, rate: string | undefined, _options: unknown, command: Command) => {
      const path = `/v1/currencies/${encodeURIComponent(currency)}`;
      const answer = await ask(
        apiTargets(command),
        versioned,
        rate === undefined ? "DELETE" : "PUT",
        path,
        rate === undefined ? undefined : { rate },
      );
      print(command, { currency, rate, ...answer }, () =>
        rate === undefined ? `${currency} has no rate any more` : `one ${currency} is worth ${rate}`,
      );
    });

  group
    .command("rates")
    .description("what currencies are worth")
    .action(async (_options: unknown, command: Command) => {
      const { currencies } = await ask(apiTargets(command), rates, "GET", "/v1/currencies?limit=1000");
      print(command, currencies, () =>
        currencies.length === 0
          ? "no rates: prices of one currency are compared with each other only"
          : table(
              ["CURRENCY", "RATE"],
              currencies.map(({ name, rate }) => [name, rate]),
            ),
      );
    });
}
