import type { Command } from "commander";
import { type CalendarInput, calendarSchema } from "../circumstances/calendar-schema.ts";
import { withApiOptions } from "../client/api.ts";
import type { Window } from "../directory/time-schema.ts";
import { getOne, type Kind, putOne, registerKept } from "./kept.ts";
import { each, ownDayOf, windowOf } from "./when.ts";

const kind = { what: "calendar", path: "calendars", schema: calendarSchema } satisfies Kind<
  typeof calendarSchema
>;

interface SetOptions {
  zone: string;
  hours?: Window[];
  holidays?: string;
  except?: string[];
  day?: NonNullable<CalendarInput["days"]>;
  description?: string;
}

/** The calendar that the options describe: `DE-BW` is a country with a region. Pure. */
function calendarOf(options: SetOptions): Omit<CalendarInput, "name"> {
  const [, country, region] = /^([^-]*)(?:-(.*))?$/.exec(options.holidays ?? "") ?? [];
  return {
    time_zone: options.zone,
    hours: options.hours ?? [],
    ...(country && { country: country.toUpperCase() }),
    ...(region !== undefined && { region: region.toUpperCase() }),
    except: options.except ?? [],
    days: options.day ?? [],
    description: options.description ?? "",
  };
}

const hoursText = ({ days, from, to }: Window): string => `${days ? `${days.join(",")} ` : ""}${from}-${to}`;

/** `dialtone calendar`: when somebody is there. */
export function registerCalendar(program: Command): void {
  const group = withApiOptions(
    program.command("calendar").description("opening hours, holidays and days of one's own, for rules"),
  );
  group.addHelpText(
    "after",
    `
Examples:
  dialtone calendar set office --zone Europe/Berlin --hours 'mon-thu 08:00-18:00' --hours 'fri 08:00-15:00' \\
    --holidays DE-BW --day '12-24 08:00-12:00 Christmas Eve' --day '2026-12-28..2026-12-31 between the years'
  dialtone route add closed --number 5000 --closed office --priority 5 --to mailbox
  dialtone route test 5000 --at 2026-12-24T13:00+01:00
Holidays are found when a calendar is set, for this year and the nine after it; 'refresh' finds them again.`,
  );
  group
    .command("set <name>")
    .description("make a calendar, or replace it")
    .requiredOption("--zone <time zone>", "its time zone, such as Europe/Berlin")
    .option("--hours <times>", "open then: 'mon-fri 08:00-18:00'; repeat it for more", each(windowOf))
    .option("--holidays <country>", "closed on its public holidays: DE, or with a region DE-BW")
    .option("--except <holiday...>", "holidays that are none here: 10-31, or a holiday's name")
    .option(
      "--day <day>",
      "a day of its own, which goes before all else: '12-24 08:00-12:00 Christmas Eve'; without times: closed",
      each(ownDayOf),
    )
    .option("--description <text>", "a note")
    .action((name: string, options: SetOptions, command: Command) =>
      putOne(command, kind, name, calendarOf(options), `calendar ${name} set`),
    );
  group
    .command("refresh <name>")
    .description("find its holidays again, for this year and the nine after it")
    .action(async (name: string, _options: unknown, command: Command) => {
      const calendar = await getOne(command, kind, name);
      await putOne(command, kind, name, calendar, `holidays of calendar ${name} found again`);
    });
  registerKept(group, kind, {
    head: ["NAME", "TIME ZONE", "OPEN", "HOLIDAYS", "UNTIL", "OWN DAYS"],
    row: (calendar) => [
      calendar.name,
      calendar.time_zone,
      calendar.hours.map(hoursText).join("; "),
      [calendar.country, calendar.region].filter((part) => part !== undefined).join("-"),
      calendar.holidays.at(-1)?.date ?? "",
      calendar.days.length,
    ],
    none: "no calendars; see 'dialtone calendar --help'",
  });
}
