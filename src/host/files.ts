import { createHash } from "node:crypto";
import { chown, mkdir, readFile, stat } from "node:fs/promises";
import writeFileAtomic from "write-file-atomic";
import type { HostContext } from "../cluster/facts.ts";
import type { Command, GeneratedFile } from "./generated.ts";

/** Writes what components generate: whole or not at all, for the right user only. */

/** What is to be written and started for a part. */
export interface Generating {
  directories?(context: HostContext): { path: string; owner?: string; mode?: number }[];
  files(context: HostContext): GeneratedFile[];
  command(context: HostContext): Command;
  reads?(context: HostContext): string;
}

interface Account {
  uid: number;
  gid: number;
}

/** Looks a system user up in the text of /etc/passwd (passwd(5)). Pure. */
export function accountIn(passwd: string, user: string): Account | undefined {
  const line = passwd.split("\n").find((candidate) => candidate.startsWith(`${user}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** @throws Error that says how to get the user. */
async function account(user: string): Promise<Account> {
  const found = accountIn(await readFile("/etc/passwd", "utf8"), user);
  if (!found)
    throw new Error(`this host has no system user '${user}'; run 'sh scripts/setup' in dialtone's folder`);
  return found;
}

async function makeDirectory(path: string, mode = 0o755, owner = "root"): Promise<void> {
  const { uid, gid } = await account(owner);
  // What is right already is left alone: a part must be able to start beside a disk that does not answer.
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() && found.uid === uid && found.gid === gid) return;
  await mkdir(path, { recursive: true, mode });
  await chown(path, uid, gid);
}

/** What is there already is left alone: a part must be able to start on a full disk. */
async function isWritten({ path, content, mode = 0o644 }: GeneratedFile, owner: Account): Promise<boolean> {
  try {
    const found = await stat(path);
    const same = found.uid === owner.uid && found.gid === owner.gid && (found.mode & 0o777) === mode;
    return same && (await readFile(path, "utf8")) === content;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

async function writeGenerated(file: GeneratedFile): Promise<void> {
  const chownTo = await account(file.owner ?? "root");
  if (await isWritten(file, chownTo)) return;
  await mkdir(file.path.slice(0, file.path.lastIndexOf("/")), { recursive: true });
  await writeFileAtomic(file.path, file.content, { mode: file.mode ?? 0o644, chown: chownTo });
}

/** Directories of the host itself. */
export async function makeHostDirectories({ dirs }: HostContext): Promise<void> {
  const { data, etc, run, log, fresh, journal } = dirs;
  for (const path of [data, etc, run, log, fresh, journal]) await makeDirectory(path);
  await makeDirectory(dirs.app, 0o750, "dialtone");
}

export async function writeComponentFiles(component: Generating, context: HostContext): Promise<void> {
  for (const { path, owner, mode } of component.directories?.(context) ?? [])
    await makeDirectory(path, mode, owner);
  for (const file of component.files(context)) await writeGenerated(file);
}

/** Tells whether a running child was started with what would be generated now. */
export function startDigest(component: Generating, context: HostContext): string {
  const parts = JSON.stringify([
    component.files(context),
    component.command(context),
    component.reads?.(context),
  ]);
  return createHash("sha256").update(parts).digest("hex").slice(0, 16);
}
