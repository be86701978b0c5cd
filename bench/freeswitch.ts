import { parseArgs } from "node:util";
import { Pool } from "undici";
import { captured } from "../test/support/fake-freeswitch.ts";
import { data, openWorld } from "../test/support/freeswitch-world.ts";
import { cpuMs, percentile, report, rounded } from "./common.ts";

/**
 * How many dialplans and users an app answers to FreeSWITCH (mod_xml_curl), and how many call records it takes, each on the disk before its
 * answer: captured requests over TCP to the whole HTTP server, without TLS. Askers and server are one process, on one core.
 *
 *   taskset -c 0 node bench/freeswitch.ts [--seconds 10] [--askers 4: so many questions at a time]
 */
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "10" },
    askers: { type: "string", default: "4" },
  },
});
const seconds = Number(values.seconds);
const askers = Number(values.askers);

await using world = await openWorld(data);
const { port, authorization = "" } = world.at("");
await using pool = {
  client: new Pool(`http://127.0.0.1:${port}`, { connections: askers }),
  [Symbol.asyncDispose]: () => pool.client.destroy(),
};

const kinds = {
  "a dialplan": ["/freeswitch/xml", "dialplan-request"],
  "a user who registers": ["/freeswitch/xml", "directory-sip_auth-request"],
  "a call record, XML": ["/freeswitch/cdr", "cdr-xml-post-aleg"],
  "a call record, JSON": ["/freeswitch/cdr", "base64/cdr-json-post-aleg"],
} as const;

async function ask(path: string, body: string): Promise<number> {
  const began = performance.now();
  const { statusCode, body: answer } = await pool.client.request({
    method: "POST",
    path,
    body,
    headers: { authorization, "content-type": "application/x-www-form-urlencoded" },
  });
  await answer.dump();
  if (statusCode !== 200) throw new Error(`answered ${statusCode}`);
  return performance.now() - began;
}

const rows: Record<string, string | number>[] = [];
for (const [what, [path, name]] of Object.entries(kinds)) {
  const { body } = captured(name);
  for (let warm = 0; warm < 2000; warm++) await ask(path, body);
  const times: number[] = [];
  const before = await cpuMs([process.pid]);
  const ends = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from({ length: askers }, async () => {
      while (performance.now() < ends) times.push(await ask(path, body));
    }),
  );
  rows.push({
    what,
    "answers/s": Math.round(times.length / seconds),
    "p50 ms": rounded(percentile(times, 0.5)),
    "p99 ms": rounded(percentile(times, 0.99)),
    "max ms": rounded(percentile(times, 1)),
    "server and askers, % of a core": rounded(((await cpuMs([process.pid])) - before) / (seconds * 10), 1),
  });
}
await report("freeswitch", rows);
