import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { inNamespace, type Place } from "../../src/callers/sipp.ts";
import { connectHost, disconnectHost } from "../../src/lab/network.ts";
import { ipBatch } from "../../src/lab/shell.ts";
import type { LabHost, LabState } from "../../src/lab/state.ts";
import type { Result, Task } from "./worker.ts";

/** A host in the lab's network that belongs to nobody: attackers live there, away from the telephones. */
export interface Stranger extends AsyncDisposable {
  sources: [string, ...string[]];
  /** Runs a task of worker.ts there. @throws Error when its process says nothing */
  run(task: Task): Promise<Result>;
}

/** @param forged addresses of others that it sends from as well, without answering for them */
export async function openStranger(state: LabState, forged: string[]): Promise<Stranger> {
  const net = state.subnet.split(".").slice(0, 3).join(".");
  const sources: [string, ...string[]] = [`${net}.211`, `${net}.212`, `${net}.213`];
  const named: LabHost = {
    ...{
      role: "outside",
      namespace: `dt-${state.lab}-stranger`,
      interface: "eth0",
      mac: "02:0b:ad:00:00:01",
    },
    ...{ addresses: sources.map((source) => `${source}/24`), data: null, powered: true, keeper: null },
  };
  await connectHost(state, "stranger", named);
  await ipBatch(
    named.namespace,
    forged.map((address) => `addr add ${address}/32 dev lo`),
  );
  const place: Place = inNamespace(named.namespace, sources[0]);
  return {
    sources,
    run: async (task) => {
      const file = fileURLToPath(new URL("./worker.ts", import.meta.url));
      const [program = "", ...rest] = [...place.prefix, process.execPath, file, JSON.stringify(task)];
      const { stdout } = await execa(program, rest, { stderr: "inherit", timeout: 900_000 });
      return JSON.parse(stdout) as Result;
    },
    [Symbol.asyncDispose]: () => disconnectHost(state, "stranger", named),
  };
}
