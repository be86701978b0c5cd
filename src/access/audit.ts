import { open, readFile, rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import PQueue from "p-queue";
import { z } from "zod";
import type { Database } from "../db/database.ts";
import type { AuditTable } from "../db/tables.ts";
import { reasonIn } from "../entities/reason.ts";
import { type Access, isChange } from "../http/access.ts";
import { accessOf } from "../http/auth.ts";
import { notedOf } from "../http/noted.ts";
import { operationOf } from "../http/operation.ts";
import { principalOf } from "../http/principal.ts";
import { entryId, storedValue } from "./audit-entry.ts";
import type { AuditEntry, AuditQuery } from "./audit-schema.ts";
import { isSafe } from "./origin.ts";

/**
 * The record of changes made through the API: rows are added to one table, and nothing here changes or removes any. What the database
 * does not take goes to a file of this node, and from there to the table as soon as it can.
 */

type Row = AuditTable;

/** A row in the file. */
const lineSchema = z.object({
  id: z.string(),
  at: z.coerce.date(),
  who: z.string(),
  how: z.string(),
  source: z.string(),
  node: z.string(),
  method: z.string(),
  route: z.string(),
  path: z.string(),
  status: z.int(),
  version: z.number().nullable(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
type Line = z.infer<typeof lineSchema>;

const rowOf = ({ id, before, after, ...rest }: Line): Row => ({
  ...rest,
  id: Buffer.from(id, "hex"),
  value_before: before,
  value_after: after,
});

const parsed = (text: string | null): unknown => (text === null ? null : JSON.parse(text));

const entryOf = ({ id, at, value_before, value_after, version, how, ...rest }: Row): AuditEntry => ({
  ...rest,
  id: id.toString("hex"),
  at: at.toISOString(),
  how: how as AuditEntry["how"], // written by this program only
  version: version === null ? null : Number(version),
  before: parsed(value_before),
  after: parsed(value_after),
});

/** Whoever waits for an answer does not wait longer for its entry. */
const writeMs = 1500;
const againMs = 5000;

export class AuditLog {
  private readonly parts: {
    database: Database;
    /** What waits for the database. */
    file: string;
    events: { auditWaits(error: unknown): void; auditLost(error: unknown): void };
  };
  private readonly disk = new PQueue({ concurrency: 1 });

  constructor(parts: AuditLog["parts"]) {
    this.parts = parts;
  }

  /** Never throws: the change is done already. */
  async add(line: Line): Promise<void> {
    try {
      await this.insert([line], writeMs);
    } catch (error) {
      this.parts.events.auditWaits(error);
      await this.disk.add(() => this.keep(line)).catch((lost: unknown) => this.parts.events.auditLost(lost));
    }
  }

  private async insert(lines: readonly Line[], deadlineMs: number): Promise<void> {
    // One that is there already was taken, and the answer lost.
    await this.parts.database.transact(
      (trx) => trx.insertInto("audit").ignore().values(lines.map(rowOf)).execute(),
      {
        deadlineMs,
      },
    );
  }

  private async keep(line: Line): Promise<void> {
    await using file = await open(this.parts.file, "a", 0o600);
    await file.appendFile(`${JSON.stringify(line)}\n`);
    await file.datasync();
  }

  /** Sends what waits, until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.send().catch((error: unknown) => this.parts.events.auditWaits(error));
      await delay(againMs, undefined, { signal }).catch(() => {}); // aborted: the loop ends
    }
  }

  /** @throws Error of the database or the disk */
  async send(): Promise<void> {
    const sending = `${this.parts.file}.sending`;
    const waits = (await linesOf(sending)).length > 0;
    // What comes meanwhile goes to a new file.
    if (!waits) await this.disk.add(() => rename(this.parts.file, sending).catch(ignoreMissing));
    const lines = await linesOf(sending);
    if (lines.length === 0) return;
    for (let at = 0; at < lines.length; at += 100) await this.insert(lines.slice(at, at + 100), 10_000);
    await rm(sending);
  }

  /** The newest first. */
  async find({
    who,
    route,
    source,
    since,
    until,
    after,
    limit,
  }: Omit<AuditQuery, "after"> & { after?: string | undefined }) {
    const rows = await this.parts.database.read((db) => {
      let query = db.selectFrom("audit").selectAll().orderBy("id", "desc").limit(limit);
      if (who !== undefined) query = query.where("who", "=", who);
      if (route !== undefined) query = query.where("route", "=", route);
      if (source !== undefined) query = query.where("source", "=", source);
      // Ids begin with the time: its key finds both.
      if (since !== undefined) query = query.where("id", ">=", timeKey(since, "0"));
      if (until !== undefined) query = query.where("id", "<", timeKey(until, "0"));
      if (after !== undefined) query = query.where("id", "<", Buffer.from(after, "hex"));
      return query.execute();
    });
    return rows.map(entryOf);
  }

  /** All of them, page by page. */
  async *all(query: Omit<AuditQuery, "after" | "limit">): AsyncGenerator<AuditEntry> {
    for (let after: string | undefined; ; ) {
      const page = await this.find({ ...query, limit: 500, after });
      yield* page;
      after = page.at(-1)?.id;
      if (page.length < 500) return;
    }
  }
}

const timeKey = (moment: string, fill: string): Buffer =>
  Buffer.from(Date.parse(moment).toString(16).padStart(12, "0").padEnd(32, fill), "hex");

const ignoreMissing = (error: unknown): void => {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
};

async function linesOf(path: string): Promise<Line[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    ignoreMissing(error);
    return [];
  }
  // A line that was not written to its end stands last.
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

/** Who asks, for the record. Pure. */
function whoOf(request: FastifyRequest): Pick<Line, "who" | "how"> {
  const principal = principalOf(request);
  if (!principal) return { who: "", how: "open" };
  if ("person" in principal) return { who: principal.person.name, how: principal.kind };
  return { who: reasonIn(request.headers).who, how: principal.kind };
}

/** What was asked for. A sheet comes as a stream and is gone by then: what was said of it is left. Pure. */
const askedIn = ({ body, query }: FastifyRequest): unknown => (body instanceof Readable ? query : body);

/**
 * Records each change that people, and programs in their place, make by the routes of `list`: before it is acknowledged.
 * Call it after guardRoutes.
 */
export function recordChanges(
  server: FastifyInstance,
  list: Access,
  audit: Pick<AuditLog, "add">,
  node: string,
): void {
  server.addHook("onSend", async (request, reply) => {
    const { url } = request.routeOptions;
    if (url === undefined || isSafe(request.method) || reply.statusCode >= 400) return;
    if (!isChange(accessOf(list, request.method, url)) || operationOf(request)?.repeated === true) return;
    const { before, after, version } = notedOf(request) ?? { after: askedIn(request) };
    const now = Date.now();
    await audit.add({
      id: entryId(now),
      at: new Date(now),
      ...whoOf(request),
      source: (request.client || "this host").slice(0, 64),
      node,
      method: request.method,
      route: `${request.method} ${url}`.slice(0, 128),
      path: (request.url.split("?")[0] ?? "").slice(0, 512),
      status: reply.statusCode,
      version: version ?? null,
      before: storedValue(before),
      after: storedValue(after),
    });
  });
}
