import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { messageOf } from "../base/message.ts";
import { hostDirs } from "../cluster/facts.ts";
import { askSocket } from "../http/socket.ts";
import { type AgentEvent, readEvents } from "../report/watch.ts";
import { readSources, type Source } from "../timeline/merge.ts";
import { agentSocketOf } from "./agents.ts";
import { openLab } from "./lab.ts";

/** What a host without a running agent has written: in a lab its disk is at hand. */
async function fromDisk(data: string, since: number): Promise<AgentEvent[]> {
  const file = join(hostDirs(data).log, "events.jsonl");
  const events: AgentEvent[] = [];
  for (const name of [`${file}.1`, file]) {
    if (!existsSync(name)) continue;
    for await (const line of createInterface({ input: createReadStream(name) }))
      try {
        events.push(...readEvents([JSON.parse(line)]).filter((event) => event.wallMs >= since));
      } catch {
        // The half-written line of a power cut.
      }
  }
  return events;
}

/**
 * The incident logs of a lab, asked from the first host whose agent answers; dead hosts' logs from their disks.
 * @throws Error when no agent answers.
 */
export async function labTimeline(name: string, since: number): Promise<Source[]> {
  const { hosts } = openLab(name).state();
  const problems: string[] = [];
  for (const [host, { data, powered }] of Object.entries(hosts)) {
    if (data === null || !powered) continue;
    const path = `/timeline?since=${Math.round(since)}`;
    try {
      const sources = readSources(await askSocket(agentSocketOf(data), "GET", path, { deadlineMs: 10_000 }));
      return await Promise.all(
        sources.map(async (source) => {
          const dead = hosts[source.host]?.data;
          if (source.from === "itself" || !dead) return source;
          const clock = source.clock ?? { offsetMs: 0, withinMs: 0 };
          return { ...source, clock, from: "copy" as const, events: await fromDisk(dead, since) };
        }),
      );
    } catch (error) {
      problems.push(`${host}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    `no agent of lab '${name}' answers:\n  ${problems.join("\n  ") || "all hosts are without power"}`,
  );
}
