import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Command, Option } from "commander";
import { z } from "zod";
import { hostIn } from "../base/host-in.ts";
import { messageOf } from "../base/message.ts";
import { defaultData, hostDirs, nodes, runFiles, serviceIps } from "../cluster/facts.ts";
import { findClusterFile, loadCluster, loadSecrets } from "../cluster/load.ts";
import { HttpClient, NoAnswer } from "../http/client.ts";
import { loadState } from "../lab/state.ts";

/** The command line's way to the HTTP API: a unix socket of this machine, or HTTPS with the cluster's own CA. */
export interface ApiTarget {
  /** For messages: the node, or the address. */
  name: string;
  connection: { socketPath: string } | { host: string; port: number; ca?: string; token: string };
}

const problemSchema = z.object({
  code: z.string(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

/** What the API refused, in its own words. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  /** What is wrong with which field. */
  readonly errors: readonly { path: string; message: string }[];
  /** Without the fields. */
  readonly detail: string;
  constructor(status: number, code: string, detail: string, errors: ApiError["errors"] = []) {
    super(`${detail}${errors.map(({ path, message }) => `\n  ${path}: ${message}`).join("")}`);
    this.detail = detail;
    this.errors = errors;
    this.name = "ApiError";
    this.status = status;
    this.code = code;
  }
}

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** Of a place that is asked by this one command, and then no more. */
function clientOf({ name, connection }: ApiTarget): HttpClient {
  if ("socketPath" in connection) return new HttpClient({ name, socketPath: connection.socketPath });
  const { host, port, ca, token } = connection;
  return new HttpClient({
    name,
    origin: `https://${hostIn(host)}:${port}`,
    token,
    ...(ca !== undefined && { tls: { ca } }),
  });
}

function refusal(status: number, text: string): ApiError {
  try {
    const problem = problemSchema.parse(JSON.parse(text));
    return new ApiError(status, problem.code, problem.detail, problem.errors);
  } catch {
    return new ApiError(status, "unknown", `answered ${status}: ${text.slice(0, 200)}`);
  }
}

/** How long the answer may take to begin, ms; default: 10 s. */
interface Patience {
  answerMs?: number;
  headers?: Record<string, string>;
}

/** Who sits here: it stands in the version that comes of it. */
const whoAsks = (): string => {
  try {
    return process.env.SUDO_USER ?? userInfo().username;
  } catch {
    return ""; // a user without a name
  }
};

/** One request to one node. @throws ApiError, NoAnswer */
export async function askNode<Schema extends z.ZodType>(
  target: ApiTarget,
  schema: Schema,
  method: Method,
  path: string,
  body?: unknown,
  { headers: more, ...patience }: Patience = {},
): Promise<z.infer<Schema>> {
  await using client = clientOf(target);
  const who = method === "GET" ? {} : { "x-dialtone-who": encodeURIComponent(whoAsks()) };
  const { status, text } = await client.ask({
    method,
    path,
    body,
    headers: { ...who, ...more },
    ...patience,
  });
  if (status < 200 || status > 299) throw refusal(status, text);
  return schema.parse(JSON.parse(text));
}

/** The node that began a request may have died: for so long its claim is waited for (access/answers.ts). */
const waitMs = 10_000;

/**
 * One request to the first node that can serve it. A creation (POST) has a key, by which the other node knows it: all is safe to repeat.
 * @throws ApiError, Error with what each node said.
 */
export async function ask<Schema extends z.ZodType>(
  targets: readonly ApiTarget[],
  schema: Schema,
  method: Method,
  path: string,
  body?: unknown,
  patience: Patience = {},
): Promise<z.infer<Schema>> {
  const faults: string[] = [];
  const key = method === "POST" ? { "idempotency-key": randomUUID() } : {};
  const more = { ...patience, headers: { ...key, ...patience.headers } };
  const deadline = performance.now() + waitMs;
  for (const target of targets)
    for (let again = true; again; ) {
      again = false;
      try {
        return await askNode(target, schema, method, path, body, more);
      } catch (error) {
        if (error instanceof NoAnswer) faults.push(error.message);
        else if (!(error instanceof ApiError)) throw error;
        else if (error.code === "database-unavailable") faults.push(`${target.name}: ${error.message}`);
        else if (error.code === "in-progress" && performance.now() < deadline) again = true;
        else throw error;
      }
      if (again) await delay(500);
    }
  throw new Error(`no node can serve this now:\n  ${faults.join("\n  ")}`);
}

/** Sends a text to the first node that is there. It is not sent again when it may have been taken. @throws ApiError, Error */
export async function upload<Schema extends z.ZodType>(
  targets: readonly ApiTarget[],
  schema: Schema,
  path: string,
  type: string,
  text: string,
): Promise<z.infer<Schema>> {
  const faults: string[] = [];
  for (const target of targets)
    try {
      await using client = clientOf(target);
      const headers = { "content-type": type };
      const answer = await client.ask({ method: "POST", path, text, headers, answerMs: uploadMs });
      if (answer.status < 200 || answer.status > 299) throw refusal(answer.status, answer.text);
      return schema.parse(JSON.parse(answer.text));
    } catch (error) {
      if (!(error instanceof NoAnswer) || error.sent) throw error;
      faults.push(error.message);
    }
  throw new Error(`no node can serve this now:\n  ${faults.join("\n  ")}`);
}

/** A large text takes its time to be read and stored. */
const uploadMs = 120_000;

interface ApiOptions {
  config?: string;
  api?: string;
  lab?: string;
  json?: boolean;
}

/** Options that every command of the API has. */
export const withApiOptions = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--api <url>",
        "the API's address, e.g. https://192.0.2.100:8443 (token from cluster.secrets.yaml or DIALTONE_TOKEN)",
      ),
    )
    .addOption(new Option("--lab <name>", "use this running lab"));

/**
 * Where the API is: --api; the lab named by --lab; --config; the running lab `lab`; cluster.yaml here or in
 * /etc/dialtone, of which first this host's own socket, then the service address, then each node.
 * @throws ConfigError, Error that says what to do.
 */
export function apiTargets(command: Command): ApiTarget[] {
  const options = command.optsWithGlobals<ApiOptions>();
  if (options.api !== undefined) return [byUrl(options.api, options.config)];
  if (options.lab !== undefined || options.config === undefined) {
    const lab = options.lab ?? "lab";
    const found = labTargets(lab);
    if (found.length > 0) return found;
    if (options.lab !== undefined)
      throw new Error(`lab '${lab}' does not run; start it with 'dialtone lab up'`);
  }
  return clusterTargets(findClusterFile(options.config));
}

function labTargets(lab: string): ApiTarget[] {
  const state = loadState(lab);
  return Object.entries(state?.hosts ?? {}).flatMap(([name, host]) =>
    host.role === "node" && host.powered && host.data !== null
      ? [{ name, connection: { socketPath: runFiles(hostDirs(host.data)).appSocket } }]
      : [],
  );
}

function clusterTargets(file: string): ApiTarget[] {
  const local = runFiles(hostDirs(join(defaultData))).appSocket;
  const cluster = loadCluster(file);
  const own: ApiTarget[] = existsSync(local)
    ? [{ name: "this host", connection: { socketPath: local } }]
    : [];
  const { api_token: token, tls } = loadSecrets(file);
  const remote = [...serviceIps(cluster), ...nodes(cluster).map((node) => node.address)].map((host) => ({
    name: host,
    connection: { host, port: cluster.api.port, ca: tls.ca, token },
  }));
  return [...own, ...remote];
}

function byUrl(text: string, config: string | undefined): ApiTarget {
  const url = new URL(text);
  if (url.protocol !== "https:") throw new Error(`${text}: the API speaks https only`);
  const token = process.env.DIALTONE_TOKEN;
  const secrets =
    token !== undefined && config === undefined ? undefined : loadSecrets(findClusterFile(config));
  return {
    name: url.host,
    connection: {
      host: url.hostname,
      port: Number(url.port || 443),
      token: token ?? secrets?.api_token ?? "",
      ...(secrets && { ca: secrets.tls.ca }),
    },
  };
}

/** Each node by itself, for what only the node knows. The service address would be one of them again. */
export function everyNode(command: Command): ApiTarget[] {
  const options = command.optsWithGlobals<ApiOptions>();
  if (options.api !== undefined) return [byUrl(options.api, options.config)];
  const targets = apiTargets(command);
  if (targets.every((target) => "socketPath" in target.connection)) return targets;
  const file = findClusterFile(options.config);
  const own = new Set(nodes(loadCluster(file)).map((node) => node.address));
  return targets.filter((target) => own.has(target.name));
}

/** Prints JSON for programs, or `text` for people. */
export function print(command: Command, value: unknown, text: () => string): void {
  const json = command.optsWithGlobals<ApiOptions>().json === true;
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

/** A file from the first node that gives it. @param idleMs the longest silence; default 10 s @throws ApiError, Error with what each node said. */
export async function download(
  targets: readonly ApiTarget[],
  path: string,
  idleMs?: number,
): Promise<Readable> {
  const failures: string[] = [];
  for (const target of targets)
    try {
      const { status, body } = await clientOf(target).open({ path, ...(idleMs !== undefined && { idleMs }) });
      if (status === 200) return body;
      throw refusal(status, await body.text());
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) throw error;
      failures.push(error instanceof NoAnswer ? error.message : `${target.name}: ${messageOf(error)}`);
    }
  throw new Error(failures.join("\n") || "no node to ask");
}
