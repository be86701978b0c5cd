import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The checkout that this process runs from. */
export const checkout = resolve(import.meta.dirname, "../..");

/** What makes a release: the program, the SIP routing logic, the libraries. Tests and documents do not count. */
const sources = ["src/**/*.ts", "sip/*.cfg", "package.json", "package-lock.json"];

/** SHA-256 of each file of a release, by its path in the checkout. */
export function releaseFiles(directory = checkout): Record<string, string> {
  const files = globSync(sources, { cwd: directory }).filter((file) => !file.endsWith(".test.ts"));
  return Object.fromEntries(
    files.sort().map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(resolve(directory, file)))
        .digest("hex"),
    ]),
  );
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
