import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { utc } from "../base/moment.ts";
import { callStatusSchema, type News, newsSchema, newsTypes } from "../call/news-schema.ts";
import { apiTargets, ask, download, print, withApiOptions } from "../client/api.ts";
import { type Dial, dialSchema, dialWithCallsSchema, openStates } from "../dials/dial-schema.ts";
import { tag } from "./options.ts";
import { table } from "./table.ts";

const page = z.object({ calls: z.array(callStatusSchema), next: z.string().nullable() });

interface Filter {
  user?: string;
  number?: string;
  carrier?: string;
  tag?: string;
}

const withFilter = (command: Command): Command =>
  withApiOptions(command)
    .option("--user <name>", "only calls of this user")
    .option("--number <number>", "only calls to this number")
    .option("--carrier <name>", "only calls through this carrier")
    .option("--tag <name=value>", "only calls with this tag");

const searchOf = (
  { user, number, carrier, tag }: Filter,
  more: Record<string, string> = {},
): URLSearchParams =>
  new URLSearchParams(
    Object.entries({ user, number, carrier, tag, ...more }).flatMap(([key, value]) =>
      value === undefined ? [] : [[key, value] satisfies [string, string]],
    ),
  );

/** The stream says something every 15 s. */
const idleMs = 40_000;

const lineOf = ({ id, type, time, code, target, call }: News): string =>
  [
    utc(time),
    type.replace("call.", "").padEnd(14),
    `${call.from.replace(/^sips?:/, "")} → ${call.number}`,
    ...(code > 0 ? [String(code)] : []),
    ...(target === "" ? [] : [target]),
    ...Object.entries(call.tags).map(([name, value]) => `${name}=${value}`),
    `(${call.id.slice(0, 8)}, ${id.slice(0, 8)})`,
  ].join("  ");

/** `dialtone call live`, `dialtone call follow` */
export function registerCallStatus(call: Command): void {
  withFilter(call.command("live").description("calls in progress on all nodes")).action(
    async (options: Filter, command: Command) => {
      const search = searchOf(options, { limit: "1000" });
      const { calls } = await ask(apiTargets(command), page, "GET", `/v1/calls?${search}`);
      print(command, calls, () =>
        calls.length === 0
          ? "no calls in progress"
          : table(
              ["SINCE (UTC)", "STATE", "FROM", "NUMBER", "TARGET", "CARRIER", "RULE", "TAGS", "NODE", "ID"],
              calls.map((one) => [
                utc(one.answered_at ?? one.started_at),
                one.state,
                one.from.replace(/^sips?:/, ""),
                one.number,
                one.target,
                one.carrier,
                one.rule,
                Object.entries(one.tags)
                  .map(([name, value]) => `${name}=${value}`)
                  .join(" "),
                one.node,
                one.id.slice(0, 8),
              ]),
            ),
      );
    },
  );

  withFilter(call.command("follow").description("what happens to calls, as it happens, until Ctrl-C"))
    .option("--events <events>", `which, with commas between them: ${newsTypes.join(",")}`)
    .option("--after <id>", "go on behind this id of the stream")
    .option("--count <n>", "end after so many", Number)
    .action(
      async (options: Filter & { events?: string; after?: string; count?: number }, command: Command) => {
        const { events, count = Number.POSITIVE_INFINITY } = options;
        let { after } = options;
        for (let told = 0; told < count; ) {
          const more = {
            ...(events !== undefined && { types: events }),
            ...(after !== undefined && { last_event_id: after }),
          };
          try {
            const stream = await download(
              apiTargets(command),
              `/v1/call-events?${searchOf(options, more)}`,
              idleMs,
            );
            for await (const { id, event, data } of messagesIn(stream)) {
              after = id ?? after;
              if (event === "gap")
                process.stderr.write("older events are not kept any more: dialtone records\n");
              else {
                const news = newsSchema.parse(JSON.parse(data));
                print(command, news, () => lineOf(news));
                if (++told >= count) break;
              }
            }
          } catch (error) {
            // The node went: the next one goes on.
            if (after === undefined) throw error;
            process.stderr.write(`dialtone: ${messageOf(error)}; trying again\n`);
          }
          if (told < count) await delay(1000);
        }
      },
    );
}

/** Messages of a stream of server-sent events. */
async function* messagesIn(stream: Readable): AsyncGenerator<{ id?: string; event: string; data: string }> {
  let message: { id?: string; event: string; data: string } = { event: "message", data: "" };
  for await (const line of createInterface({ input: stream })) {
    if (line === "") {
      if (message.data !== "") yield message;
      message = { event: "message", data: "" };
    }
    const [, field, value = ""] = /^(id|event|data): ?(.*)$/.exec(line) ?? [];
    if (field === "id") message.id = value;
    else if (field === "event") message.event = value;
    else if (field === "data") message.data += value;
  }
}

interface DialOptions {
  record?: boolean;
  wait?: number;
  shownToA?: string;
  shownToB?: string;
  tag?: Record<string, string>;
  key?: string;
}

const dialText = ({ id, from, to, state, code, why }: Dial): string =>
  `${id}  ${from} → ${to}: ${state}${code > 0 ? ` (${code} ${why})` : ""}`;

/** `dialtone call dial`, `dials`, `cancel` */
export function registerDials(call: Command): void {
  withApiOptions(call.command("dial").argument("<from>", "a user, or a number of one").argument("<to>"))
    .description(
      "click-to-dial: the telephones of FROM ring, and when one answers it calls TO; exit code 1 when it fails",
    )
    .option("--wait <seconds>", "how long they ring, 5 to 120", Number)
    .option("--shown-to-a <number>", "what they show; default: TO")
    .option("--shown-to-b <number>", "what TO is shown; default: as the rules say")
    .option("--record", "record the conversation")
    .option("--tag <name=value>", "note it in the records; repeat it for more", tag)
    .option("--key <text>", "with the same key the same dial, however often it is sent")
    .action(async (from: string, to: string, options: DialOptions, command: Command) => {
      const { wait, shownToA, shownToB, record, tag: tags, key } = options;
      const body = {
        ...{ from, to, shown_to_a: shownToA, shown_to_b: shownToB, record, tags },
        wait_ms: wait === undefined ? undefined : wait * 1000,
      };
      const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
      const { id } = await ask(apiTargets(command), dialSchema, "POST", "/v1/dials", body, { headers });
      let last = "";
      for (;;) {
        const dial = await ask(apiTargets(command), dialWithCallsSchema, "GET", `/v1/dials/${id}`);
        const isOver = !(openStates as readonly string[]).includes(dial.state);
        const json = command.optsWithGlobals<{ json?: boolean }>().json === true;
        if (isOver || (!json && dial.state !== last)) print(command, dial, () => dialText(dial));
        last = dial.state;
        if (isOver) {
          if (dial.state !== "connected") process.exitCode = 1;
          return;
        }
        await delay(300);
      }
    });

  withApiOptions(call.command("dials").description("the newest dials")).action(
    async (_options: unknown, command: Command) => {
      const { dials } = await ask(
        apiTargets(command),
        z.object({ dials: z.array(dialSchema) }),
        "GET",
        "/v1/dials",
      );
      print(command, dials, () => dials.map(dialText).join("\n") || "nobody has dialled yet");
    },
  );

  withApiOptions(call.command("cancel").argument("<id>").description("cancel a dial")).action(
    async (id: string, _options: unknown, command: Command) => {
      const dial = await ask(
        apiTargets(command),
        dialSchema,
        "DELETE",
        `/v1/dials/${encodeURIComponent(id)}`,
      );
      print(command, dial, () => `${id} is cancelled`);
    },
  );
}
