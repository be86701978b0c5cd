import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The version of this checkout, from package.json: what nodes compare. */
export const release = (): string =>
  (
    JSON.parse(readFileSync(resolve(import.meta.dirname, "../../package.json"), "utf8")) as {
      version: string;
    }
  ).version;
