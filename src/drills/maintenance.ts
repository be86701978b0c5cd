import { cp, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { apply, planApply } from "../change/apply.ts";
import { restartAll } from "../change/restart.ts";
import { planUpgrade, upgrade } from "../change/upgrade.ts";
import { openDesk } from "../client/desk.ts";
import { checkout } from "../cluster/release.ts";
import type { Lab, Moment } from "../lab/lab.ts";

/** Maintenance as people do it, for drills, tests and benches: callers must not notice any of it. */

export const maintenanceKinds = ["switchover", "rolling-restart", "upgrade", "apply"] as const;
export type MaintenanceKind = (typeof maintenanceKinds)[number];

/** A release of its own: this one's files with another version. Goes with the lab's data. */
export async function copyOfRelease(lab: Lab, version: string): Promise<string> {
  const folder = join(lab.paths.root, `release-${version}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const name of ["bin", "src", "sip", "package-lock.json", "tsconfig.json"])
    await cp(join(checkout, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  const description = JSON.parse(await readFile(join(checkout, "package.json"), "utf8")) as object;
  await writeFile(join(folder, "package.json"), JSON.stringify({ ...description, version }));
  await symlink(join(checkout, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** cluster.yaml with another value that all media relays and apps must restart for. */
async function changedCluster(lab: Lab): Promise<string> {
  const text = await readFile(lab.paths.cluster, "utf8");
  const seconds = /^ {2}timeout_s: (\d+)$/m.exec(text)?.[1];
  const next =
    seconds === undefined
      ? text.replace(/^media:$/m, "media:\n  timeout_s: 61")
      : text.replace(`timeout_s: ${seconds}`, `timeout_s: ${Number(seconds) + 1}`);
  const file = join(lab.paths.root, "cluster.next.yaml");
  await writeFile(file, next);
  return file;
}

/**
 * Does one piece of maintenance in a running lab; comes back when all hosts are well again.
 * @returns its first moment. @throws Error of the step that failed.
 */
export async function maintain(lab: Lab, kind: MaintenanceKind, signal: AbortSignal): Promise<Moment> {
  const desk = openDesk({ lab: lab.name, data: "" });
  const options = { force: false, quiet: true, signal };
  const version = `0.0.${Date.now()}`;
  const plan =
    kind === "upgrade"
      ? await planUpgrade(desk, await copyOfRelease(lab, version), false)
      : kind === "apply"
        ? await planApply(desk, await changedCluster(lab), false)
        : undefined;
  const moment = { mono_ms: Number(process.hrtime.bigint()) / 1e6, wall_ms: Date.now(), within_ms: 0 };
  if (plan && "directory" in plan) await upgrade(desk, plan, options);
  else if (plan) await apply(desk, plan, options);
  else if (kind === "rolling-restart") await restartAll(desk, { parts: true, ...options });
  else {
    const holder = (await desk.view()).entries.find(({ report }) => report.holds)?.report.host ?? "";
    await desk.order(holder, { kind: "switchover", force: false });
  }
  return moment;
}
