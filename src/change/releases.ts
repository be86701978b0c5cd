import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { HostContext } from "../cluster/facts.ts";

/** Releases in other directories of this host. */

/** What `dialtone up --check` of a release says about this host. */
export const checkedSchema = z.object({ release: z.string(), restarts: z.array(z.string()) });
export type Checked = z.infer<typeof checkedSchema>;

/** Whoever can write there could become root by the next upgrade. Pure but for the look at the disk. */
function strangersIn(directory: string): string | undefined {
  for (const path of [directory, join(directory, "bin/dialtone"), join(directory, "src/main.ts")]) {
    const { uid, mode } = statSync(path);
    if (uid !== 0) return `${path} does not belong to root`;
    if ((mode & 0o022) !== 0) return `${path} can be written by others than root`;
  }
  return undefined;
}

/**
 * Asks the release in a directory whether it could run this host: its packages, its idea of cluster.yaml, what the
 * host must have, and which parts it would restart.
 * @throws Error that says what is missing.
 */
export async function lookAt(context: HostContext, directory: string): Promise<Checked> {
  const { clusterFile, self, dirs } = context;
  const program = join(directory, "bin/dialtone");
  if (!existsSync(program)) throw new Error(`${program} does not exist: put the new release there first`);
  const stranger = strangersIn(directory);
  if (stranger !== undefined) throw new Error(`${stranger}; it would run as root`);
  const words = ["--config", clusterFile, "up", "--host", self.name, "--data", dirs.data, "--check"];
  const result = await execa(program, words, { reject: false, timeout: 60_000, cwd: dirname(program) });
  if (result.failed)
    throw new Error(
      `the release in ${directory} can not run host ${self.name}: ${result.stderr.trim() || result.shortMessage}`,
    );
  return checkedSchema.parse(JSON.parse(result.stdout));
}
