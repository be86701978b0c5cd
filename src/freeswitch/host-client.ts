import { mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { HttpClient } from "../http/client.ts";
import { settingsFile, snapshotFile } from "./host-files.ts";

/** What runs on a FreeSWITCH host beside FreeSWITCH: fetching its snapshot, sending records that lie there. */

const settingsSchema = z.object({
  host: z.string(),
  origins: z.array(z.url()).min(1),
  token: z.string().min(16),
});

/** One node after the other, in the order of the file. */
export class Cluster implements AsyncDisposable {
  private readonly clients: readonly HttpClient[];

  constructor(settings: z.infer<typeof settingsSchema>, ca: string) {
    this.clients = settings.origins.map(
      (origin) =>
        new HttpClient({
          name: origin,
          origin,
          tls: { ca },
          token: settings.token,
          connectMs: 2000,
          connections: 4,
        }),
    );
  }

  /** @param folder what `dialtone freeswitch init` wrote @throws Error that says what is wrong with it */
  static async of(folder: string): Promise<Cluster> {
    const file = join(folder, settingsFile);
    try {
      const settings = settingsSchema.parse(JSON.parse(await readFile(file, "utf8")));
      return new Cluster(settings, await readFile(join(dirname(file), "ca.crt"), "utf8"));
    } catch (error) {
      throw new Error(`${file}: ${messageOf(error)} (it is written by dialtone freeswitch init)`, {
        cause: error,
      });
    }
  }

  /** What the first node says that answers with 200; a node that says 400 would be right anywhere. @throws Error that names each node's reason */
  private async ask(question: Parameters<HttpClient["ask"]>[0]): Promise<string> {
    const reasons: string[] = [];
    for (const client of this.clients)
      try {
        const { status, text } = await client.ask({ ...question, deadlineMs: 10_000 });
        if (status === 200) return text;
        reasons.push(`${status} ${text.slice(0, 300)}`);
        if (status === 400) break;
      } catch (error) {
        reasons.push(messageOf(error));
      }
    throw new Error(reasons.join("; "));
  }

  snapshot(): Promise<string> {
    return this.ask({ path: "/freeswitch/snapshot" });
  }

  async tell(record: string): Promise<void> {
    await this.ask({
      method: "POST",
      path: "/freeswitch/cdr",
      text: record,
      headers: { "content-type": "text/plain" },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) await client[Symbol.asyncDispose]();
  }
}

/** Puts the newest snapshot in the place of the one before, at once. @throws Error when no node gave one: the old one stays */
export async function renewSnapshot(
  folder: string,
  cluster: Pick<Cluster, "snapshot">,
): Promise<{ bytes: number }> {
  const text = await cluster.snapshot();
  // A proxy's page would be an answer too.
  if (!text.includes('<document type="freeswitch/xml">') || !text.trimEnd().endsWith("</document>"))
    throw new Error("what came is no snapshot; the one before stays");
  const file = join(folder, snapshotFile);
  await writeFile(`${file}.new`, text, { mode: 0o640 });
  await rename(`${file}.new`, file);
  return { bytes: Buffer.byteLength(text) };
}

/** FreeSWITCH writes a record in several steps: it is left alone for so long. */
const settledMs = 5000;

export interface Imported {
  taken: string[];
  /** By file: why it was not taken. It stays where it is. */
  refused: Record<string, string>;
}

/**
 * Sends again what lies in a folder of mod_json_cdr or mod_xml_cdr (err-log-dir), and moves what was taken to `taken/` beside it. Interrupted, or
 * done twice, it makes no second record.
 */
export async function importRecords(
  folder: string,
  cluster: Pick<Cluster, "tell">,
  now: number,
): Promise<Imported> {
  const names = (await readdir(folder)).filter((name) => /\.cdr\.(json|xml)$/.test(name)).sort();
  const done: Imported = { taken: [], refused: {} };
  await mkdir(join(folder, "taken"), { recursive: true });
  for (const name of names) {
    const file = join(folder, name);
    try {
      if (now - (await stat(file)).mtimeMs < settledMs) continue;
      await cluster.tell(await readFile(file, "utf8"));
      await rename(file, join(folder, "taken", name));
      done.taken.push(name);
    } catch (error) {
      done.refused[name] = messageOf(error);
    }
  }
  return done;
}
