import { readFile } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import type { RpcValue } from "./binrpc.ts";
import { kamailioRpc } from "./rpc.ts";

/**
 * Registrations as a file: the passive policies have no copy of them in the standby's memory. The agent keeps the latest
 * list that it got from the holder (agent/registrations.ts); Kamailio reads it at its start (usrloc db_mode 4, db_text).
 */

export const contactSchema = z.object({
  aor: z.string(),
  contact: z.string(),
  received: z.string(),
  path: z.string(),
  /** Seconds since 1970. */
  expires: z.int(),
  q: z.number(),
  callid: z.string(),
  cseq: z.int(),
  flags: z.int(),
  cflags: z.int(),
  userAgent: z.string(),
  socket: z.string(),
  methods: z.int(),
  ruid: z.string(),
  instance: z.string(),
  regId: z.int(),
  serverId: z.int(),
  lastModified: z.int(),
});
export type Contact = z.infer<typeof contactSchema>;

/** A list of registrations and when it was taken (ms since 1970). */
export const snapshotSchema = z.object({
  host: z.string(),
  takenMs: z.number(),
  contacts: z.array(contactSchema),
});
export type LocationSnapshot = z.infer<typeof snapshotSchema>;

export const locationsFolder = ({ dirs }: HostContext): string => join(dirs.run, "kamailio", "locations");
export const snapshotFile = ({ dirs }: HostContext): string => join(dirs.data, "registrations.json");

type Struct = { [name: string]: RpcValue };
const isStruct = (value: RpcValue | undefined): value is Struct =>
  typeof value === "object" && !Array.isArray(value);

/** Structs of this shape, wherever they are nested in an answer: BINRPC's nesting of lists differs with their length. */
function structsWith(value: RpcValue | undefined, field: string): Struct[] {
  if (Array.isArray(value)) return value.flatMap((item) => structsWith(item, field));
  if (!isStruct(value)) return [];
  if (field in value) return [value];
  return Object.values(value).flatMap((item) => structsWith(item, field));
}

/** Kamailio's answer to `ul.dump` → its contacts that are valid at `nowMs` (ms since 1970). Pure. */
export function contactsOf(reply: RpcValue[], nowMs: number): Contact[] {
  const now = Math.floor(nowMs / 1000);
  const text = (value: RpcValue | undefined) =>
    value === undefined || value === "[not set]" ? "" : String(value);
  // Negative numbers travel as 32 bits without a sign.
  const number = (value: RpcValue | undefined) => (Number(value ?? 0) || 0) | 0;
  return structsWith(reply, "AoR").flatMap((record) =>
    structsWith(record.Contacts, "Address").flatMap((contact): Contact[] => {
      const left = Number(contact.Expires);
      if (!(left > 0)) return [];
      return [
        {
          aor: text(record.AoR),
          contact: text(contact.Address),
          received: text(contact.Received),
          path: text(contact.Path),
          expires: now + left,
          q: Number(contact.Q ?? -1),
          callid: text(contact["Call-ID"]),
          cseq: number(contact.CSeq),
          flags: number(contact.Flags),
          cflags: number(contact.CFlags),
          userAgent: text(contact["User-Agent"]),
          socket: text(contact.Socket),
          methods: number(contact.Methods),
          ruid: text(contact.Ruid),
          instance: text(contact.Instance),
          regId: number(contact["Reg-Id"]),

          serverId: number(contact["Server-Id"]),
          lastModified: number(contact["Last-Modified"]) || now,
        },
      ];
    }),
  );
}

/** All registrations of the running Kamailio. @throws Error as kamailioRpc */
export async function readLocations(context: HostContext, signal: AbortSignal): Promise<LocationSnapshot> {
  const takenMs = Date.now();
  const reply = await kamailioRpc(context, "ul.dump", [], signal);
  return { host: context.self.name, takenMs, contacts: contactsOf(reply, takenMs) };
}

/** A user that has no contact is no fault; Kamailio 5.6 calls it 500. */
const noContact = /AOR not found/;

/** The registrations of these users alone, one question each: for pages, however many are registered. @throws Error as kamailioRpc */
export async function lookUp(
  context: HostContext,
  users: readonly string[],
  signal: AbortSignal,
): Promise<Contact[]> {
  const found: Contact[] = [];
  for (const user of users)
    try {
      found.push(
        ...contactsOf(await kamailioRpc(context, "ul.lookup", ["location", user], signal), Date.now()),
      );
    } catch (error) {
      if (!noContact.test(messageOf(error))) throw error;
    }
  return found;
}

/** Columns of Kamailio 5.6's table `location`, version 9 (/usr/share/kamailio/dbtext). */
const columns = `id(int,auto) ruid(string) username(string) domain(string,null) contact(string) received(string,null) path(string,null) expires(int) q(double) callid(string) cseq(int) last_modified(int) flags(int) cflags(int) user_agent(string) socket(string,null) methods(int,null) instance(string,null) reg_id(int) server_id(int) connection_id(int) keepalive(int) partition(int)`;

/** db_text(7): fields end with ':', which in a value is written '\:'. */
const field = (value: string | number): string =>
  String(value)
    .replaceAll("\\", "\\\\")
    .replaceAll(":", "\\:")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");

/** The tables `location` and `version` for db_text. Pure. */
export function locationTables(contacts: Contact[]): { location: string; version: string } {
  const rows = contacts.map((one, index) =>
    [
      ...[index + 1, one.ruid, one.aor, "", one.contact, one.received, one.path, one.expires],
      ...[one.q.toFixed(2), one.callid, one.cseq, one.lastModified, one.flags, one.cflags, one.userAgent],
      ...[one.socket, one.methods, one.instance, one.regId, one.serverId, -1, 0, 0],
    ]
      .map(field)
      .join(":"),
  );
  return {
    location: `${[columns, ...rows].join("\n")}\n`,
    version: "id(int,auto) table_name(string) table_version(int)\n1:location:9\n",
  };
}

/** The latest list on this host's disk; undefined: none yet. @throws Error when it is there but not readable */
export async function loadSnapshot(context: HostContext): Promise<LocationSnapshot | undefined> {
  try {
    return snapshotSchema.parse(JSON.parse(await readFile(snapshotFile(context), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes the latest list where a starting Kamailio reads it. */
export async function writeLocationTables(context: HostContext): Promise<void> {
  const tables = locationTables((await loadSnapshot(context))?.contacts ?? []);
  for (const [name, text] of Object.entries(tables))
    await writeFileAtomic(join(locationsFolder(context), name), text, { mode: 0o644 });
}
