import type { Command } from "commander";
import { withApiOptions } from "../client/api.ts";
import { type SiteInput, siteSchema } from "../numbering/site-schema.ts";
import { type Kind, putOne, registerKept } from "./kept.ts";
import { integer } from "./options.ts";

const kind = { what: "site", path: "sites", schema: siteSchema } satisfies Kind<typeof siteSchema>;

interface SetOptions {
  country: string;
  area?: string;
  outside?: string;
  extensions?: number;
  zone: string;
  language?: string;
  location?: string;
  locationUri?: string;
  emergency?: string[];
  network?: string[];
  default?: boolean;
  description?: string;
}

/** The site that the options describe. Pure. */
const siteOf = (options: SetOptions): Omit<SiteInput, "name"> => ({
  country: options.country.toUpperCase(),
  ...(options.area !== undefined && { area_code: options.area }),
  ...(options.outside !== undefined && { outside_prefix: options.outside }),
  ...(options.extensions !== undefined && { extension_length: options.extensions }),
  time_zone: options.zone,
  ...(options.language !== undefined && { language: options.language }),
  ...(options.location !== undefined && { location: options.location }),
  ...(options.locationUri !== undefined && { location_uri: options.locationUri }),
  emergency: options.emergency ?? [],
  networks: options.network ?? [],
  default: options.default ?? false,
  description: options.description ?? "",
});

/** `dialtone site`: how numbers are dialled where. */
export function registerSite(program: Command): void {
  const group = withApiOptions(
    program.command("site").description("places: how numbers are dialled there, time zone, location"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone site set stuttgart --country DE --area 711 --outside 0 --zone Europe/Berlin --default
  dialtone site set boston --country US --area 617 --zone America/New_York --location '1 Main St, floor 2'
  dialtone user site 1001 boston
With a site, what is dialled becomes one number before rules are looked up: +49711…; write rules and numbers so.
'dialtone route test NUMBER' says what a number means. Without any site, numbers stay as they are dialled.`,
  );
  group
    .command("set <name>")
    .description("make a site, or replace it")
    .requiredOption("--country <code>", "its country, such as DE")
    .requiredOption("--zone <time zone>", "its time zone, such as Europe/Berlin")
    .option("--area <digits>", "its area code without trunk prefix: 711")
    .option("--outside <digits>", "what is dialled before a number outside")
    .option(
      "--extensions <digits>",
      "how long extensions are at most (without --outside); default 4",
      integer,
    )
    .option("--language <language>", "such as de or en-GB")
    .option("--location <text>", "where emergency services must go to")
    .option("--location-uri <uri>", "where the location can be fetched as PIDF-LO: told in emergency calls")
    .option("--emergency <number...>", "emergency numbers beside those of the country")
    .option("--network <network...>", "calls from there belong to this site")
    .option("--default", "for calls that belong to no other site")
    .option("--description <text>", "a note")
    .action((name: string, options: SetOptions, command: Command) =>
      putOne(command, kind, name, siteOf(options), `site ${name} set`),
    );
  registerKept(group, kind, {
    head: ["NAME", "COUNTRY", "AREA", "OUTSIDE", "EXTENSIONS", "TIME ZONE", ""],
    row: (site) => [
      site.name,
      site.country,
      site.area_code ?? "",
      site.outside_prefix ?? "",
      site.outside_prefix === undefined ? `up to ${site.extension_length}` : "all others",
      site.time_zone,
      site.default ? "default" : "",
    ],
    none: "no sites: numbers are looked up as they are dialled; see 'dialtone site --help'",
  });
}
