import { flushCompileCache } from "node:module";
import writeFileAtomic from "write-file-atomic";
import { recordedDigests } from "../change/check.ts";
import { type HostContext, runFiles } from "../cluster/facts.ts";
import { makeHostDirectories } from "../host/files.ts";
import { runInMemory } from "../host/memory.ts";
import { setWeight } from "../host/priority.ts";
import { identify } from "../host/process.ts";
import { limitTcp } from "../host/tcp-limit.ts";

/** What an agent needs before it does anything: its weight, the host's folders, its own pid where others find it. */
export async function prepareHost(context: HostContext): Promise<void> {
  // Who watches must not starve with those it watches.
  setWeight(process.pid, -10);
  // A host that loses its power leaves no cache behind.
  flushCompileCache();
  runInMemory(context.dirs, () => Object.keys(recordedDigests(context.dirs)).length > 0);
  await makeHostDirectories(context);
  if (context.self.role === "node") await limitTcp(context);
  await writeFileAtomic(runFiles(context.dirs).agentPid, JSON.stringify(identify(process.pid)));
}
