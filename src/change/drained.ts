import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { HostDirs } from "../cluster/facts.ts";
import { type Drained, drainedSchema } from "../report/drained.ts";

const fileOf = (dirs: HostDirs): string => join(dirs.data, "drained.json");

/** @throws Error when the file is there but says nothing: better no start than a node in service by accident. */
export function readDrained(dirs: HostDirs): Drained | undefined {
  const file = fileOf(dirs);
  if (!existsSync(file)) return undefined;
  const found = drainedSchema.safeParse(JSON.parse(readFileSync(file, "utf8")));
  if (!found.success)
    throw new Error(`${file} can not be understood; remove it to put this node back into service`);
  return found.data;
}

export function writeDrained(dirs: HostDirs, drained: Drained | undefined): void {
  if (drained) writeFileAtomic.sync(fileOf(dirs), `${JSON.stringify(drained)}\n`);
  else rmSync(fileOf(dirs), { force: true });
}
