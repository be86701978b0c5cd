import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createApp } from "../src/app/context.ts";
import { buildHttp } from "../src/app/http.ts";
import { clusterSchema } from "../src/cluster/schema.ts";
import { TrustedSockets } from "../src/http/auth.ts";
import { hostOf, secret, smallCluster } from "../test/support/host.ts";

/**
 * The console's types of the API, console/src/api/schema.ts, from the app as it is composed, without listener, database or
 * cluster. Exit code 1 when the file differs; with --fix it is written.
 */

const root = mkdtempSync(join(tmpdir(), "dialtone-openapi-"));
const file = join(import.meta.dirname, "..", "console", "src", "api", "schema.ts");
const generator = join(
  import.meta.dirname,
  "..",
  "console",
  "node_modules",
  "openapi-typescript",
  "bin",
  "cli.js",
);

async function openapi(): Promise<unknown> {
  const cluster = clusterSchema.parse(smallCluster);
  const context = hostOf(cluster, "a", root, { api_token: `api-${secret}`, peer_token: `peer-${secret}` });
  await using app = await createApp(context, pino({ level: "silent" }));
  const server = await buildHttp(app.http, new TrustedSockets());
  const { body } = await server.inject("/openapi.json");
  await server.close();
  // A default that is the time of the question is another one each time.
  return JSON.parse(body, (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || !("format" in value && "default" in value))
      return value;
    const { default: _now, ...rest } = value;
    return value.format === "date-time" ? rest : value;
  });
}

try {
  const document = join(root, "openapi.json");
  writeFileSync(document, JSON.stringify(await openapi()));
  const made = join(root, "schema.ts");
  execFileSync(process.execPath, [generator, document, "--output", made], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const text = readFileSync(made, "utf8");
  let present = "";
  try {
    present = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (text === present) console.log("console/src/api/schema.ts fits the API");
  else if (process.argv[2] === "--fix") {
    writeFileSync(file, text);
    console.log("console/src/api/schema.ts written");
  } else {
    console.error("console/src/api/schema.ts does not fit the API any more: npm run schema");
    process.exitCode = 1;
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
