import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isMap, isNode, isPair, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Cluster, clusterSchema } from "./schema.ts";
import { type Secrets, secretsSchema } from "./secrets.ts";

/** Configuration that can not be used; `problems` has one line for each fault, with file, line and field. */
export class ConfigError extends Error {
  readonly problems: string[];
  constructor(problems: string[]) {
    super(problems.join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/**
 * Checks the text of a YAML file against a schema. Pure.
 * @throws ConfigError with the line of each fault.
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): z.infer<Schema> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => `${file}:${lines.linePos(offset).line}`;
  if (document.errors.length > 0)
    throw new ConfigError(document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`));
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;

  /** The nearest node that exists on the way to `path`: a missing key is reported at its parent. */
  const offsetOf = (path: readonly PropertyKey[]): number => {
    for (let length = path.length; length > 0; length--) {
      const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
      if (isMap(parent)) {
        const pair = parent.items.find(
          (item) => isPair(item) && String(item.key) === String(path[length - 1]),
        );
        if (pair && isNode(pair.key) && pair.key.range) return pair.key.range[0];
      }
      const node = document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    }
    return 0;
  };
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const path = [...issue.path, key];
        return `${at(offsetOf(path))}: ${path.join(".")}: unknown key`;
      });
    return [`${at(offsetOf(issue.path))}: ${issue.path.join(".") || "(file)"}: ${issue.message}`];
  });
  throw new ConfigError(problems);
}

const readText = (file: string, hint: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError([`${file}: can not be read (${(error as NodeJS.ErrnoException).code}): ${hint}`]);
  }
};

/** The secrets lie beside cluster.yaml. */
export const secretsFileOf = (clusterFile: string): string =>
  join(dirname(clusterFile), "cluster.secrets.yaml");

/** The cluster.yaml that a command means: the one given, else here, else the host's. @throws ConfigError */
export function findClusterFile(given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  const places = [resolve("cluster.yaml"), "/etc/dialtone/cluster.yaml"];
  const found = places.find((place) => existsSync(place));
  if (found) return found;
  throw new ConfigError([
    `no cluster.yaml (looked for ${places.join(" and ")}): write one with 'dialtone init', or name it by --config`,
  ]);
}

/** Reads and checks cluster.yaml. @throws ConfigError */
export function loadCluster(file: string): Cluster {
  const path = resolve(file);
  return parseYaml(readText(path, "write one with 'dialtone init'"), path, clusterSchema);
}

/** Reads and checks the secrets beside a cluster.yaml; refuses a file that others can read. @throws ConfigError */
export function loadSecrets(clusterFile: string): Secrets {
  const path = secretsFileOf(resolve(clusterFile));
  const text = readText(
    path,
    "'dialtone init' writes it beside cluster.yaml; copy it from the host where you ran it",
  );
  if ((statSync(path).mode & 0o077) !== 0)
    throw new ConfigError([`${path}: other users can read it; run: chmod 600 ${path}`]);
  return parseYaml(text, path, secretsSchema);
}
