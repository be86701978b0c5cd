import { createHash } from "node:crypto";
import { globSync, readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** The checkout that this process runs from. */
export const checkout = resolve(import.meta.dirname, "../..");

/** What makes a release: the program, the SIP routing logic, the libraries. Tests and documents do not count. */
const sources = ["src/**/*.ts", "sip/*.cfg", "package.json", "package-lock.json"];

/** Digests by path: agents look every few seconds, and 400 files that nobody touched need not be read for that. */
const known = new Map<string, { as: string; digest: string }>();

/** SHA-256 of a file; read again when its inode, size or times are others (utimes(2) can not set ctime). */
function digestOf(path: string): string {
  const { ino, size, mtimeMs, ctimeMs } = statSync(path);
  const as = `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  const before = known.get(path);
  if (before?.as === as) return before.digest;
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  known.set(path, { as, digest });
  return digest;
}

/** SHA-256 of each file of a release, by its path in the checkout. */
export function releaseFiles(directory = checkout): Record<string, string> {
  const files = globSync(sources, { cwd: directory }).filter((file) => !file.endsWith(".test.ts"));
  return Object.fromEntries(files.sort().map((file) => [file, digestOf(resolve(directory, file))]));
}

/** The name of the release in a directory: its version, and what its files really are (semver build metadata). */
export function releaseOf(directory: string, files = releaseFiles(directory)): string {
  const { version } = JSON.parse(readFileSync(resolve(directory, "package.json"), "utf8")) as {
    version: string;
  };
  const digest = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  return `${version}+${digest.slice(0, 8)}`;
}

let own: string | undefined;

/** The release of this process, as its files were when it first asked: what nodes compare. */
export const release = (): string => {
  own ??= releaseOf(checkout);
  return own;
};
