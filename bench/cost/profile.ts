import { writeFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { z } from "zod";
import type { Place } from "./meter.ts";

/**
 * Where a part's processor time goes. Of our own programs (Node): V8's CPU profile through the inspector, which listens on
 * the host's loopback; the rest by `perf record`. As a program: profiles the process of its arguments, on its host.
 */

const target = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
  startTime: z.number(),
  endTime: z.number(),
});
type Profile = z.infer<typeof profileSchema>;

/** Opens the process's inspector, samples it, closes the inspector again. */
async function sampled(pid: number, seconds: number): Promise<unknown> {
  process.kill(pid, "SIGUSR1");
  // A busy process takes its time to open it.
  let answer: Response | undefined;
  for (let tries = 0; answer === undefined; tries++) {
    await delay(300);
    answer = await fetch("http://127.0.0.1:9229/json").catch((error: unknown) => {
      if (tries > 60) throw error;
      return undefined;
    });
  }
  const [{ webSocketDebuggerUrl } = { webSocketDebuggerUrl: "" }] = target.parse(await answer.json());
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  const replies = new Map<number, (value: unknown) => void>();
  socket.addEventListener("message", ({ data }) => {
    const { id, result } = z
      .object({ id: z.number().optional(), result: z.unknown() })
      .parse(JSON.parse(String(data)));
    if (id !== undefined) replies.get(id)?.(result);
  });
  let last = 0;
  const ask = (method: string, params = {}): Promise<unknown> => {
    const id = ++last;
    socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => replies.set(id, resolve));
  };
  await ask("Profiler.enable");
  await ask("Profiler.setSamplingInterval", { interval: 500 });
  await ask("Profiler.start");
  await delay(seconds * 1000);
  const { profile } = z.object({ profile: z.unknown() }).parse(await ask("Profiler.stop"));
  // Its answer never comes: the inspector is closed.
  void ask("Runtime.evaluate", { expression: "process._debugEnd()" });
  await delay(100);
  socket.close();
  return profile;
}

/** Functions by their own time, percent of the whole, without idleness. Pure. */
function hottest(profile: Profile, count: number): string[] {
  const names = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || "(anonymous)"} ${url.replace(/^file:\/\/.*\/(src|node_modules)\//, "$1/")}${url ? `:${lineNumber + 1}` : ""}`,
    ]),
  );
  const own = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const name = names.get(id) ?? "?";
    own.set(name, (own.get(name) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const all = profile.endTime - profile.startTime;
  return [...own]
    .filter(([name]) => !name.startsWith("(idle)"))
    .sort((one, other) => other[1] - one[1])
    .slice(0, count)
    .map(([name, time]) => `${((100 * time) / all).toFixed(2).padStart(6)} %  ${name}`);
}

/** Profiles a part for some seconds. Returns text for people; `file` gets the whole profile. */
export async function profilePart(
  place: Place,
  part: string,
  seconds: number,
  file: string,
): Promise<string> {
  const pid = place.roots()[part];
  if (pid === undefined) throw new Error(`--profile: ${place.host} has no part '${part}' that runs`);
  if (part === "app" || part === "agent") {
    const self = fileURLToPath(import.meta.url);
    const { stdout } = await execa("ip", [
      ...["netns", "exec", place.namespace, process.execPath, "--disable-warning=ExperimentalWarning"],
      ...[self, String(pid), String(seconds), `${file}.cpuprofile`],
    ]);
    return `${stdout}\nThe whole profile, for a browser's developer tools: ${file}.cpuprofile`;
  }
  const { stdout: children } = await execa("ps", ["--no-headers", "-o", "pid", "--ppid", String(pid)], {
    reject: false,
  });
  const pids = [
    pid,
    ...children
      .split("\n")
      .map(Number)
      .filter((child) => child > 0),
  ];
  await execa("perf", [
    "record",
    "-q",
    "-g",
    "-o",
    `${file}.perf`,
    "-p",
    pids.join(","),
    "--",
    "sleep",
    String(seconds),
  ]);
  const { stdout } = await execa("perf", [
    ...["report", "-i", `${file}.perf`, "--stdio", "--no-children", "-g", "none", "--percent-limit", "0.7"],
  ]);
  return `${stdout}\nThe whole profile: perf report -i ${file}.perf`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [pid = "", seconds = "", file = ""] = process.argv.slice(2);
  const profile = await sampled(Number(pid), Number(seconds));
  await writeFile(file, JSON.stringify(profile));
  process.stdout.write(`${hottest(profileSchema.parse(profile), 40).join("\n")}\n`);
}
