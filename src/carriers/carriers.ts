import type { Transaction } from "kysely";
import { sealed } from "../base/seal.ts";
import type { DocumentsTable, Tables } from "../db/tables.ts";
import { entity, kept } from "../entities/entity.ts";
import { Problem } from "../http/problems.ts";
import {
  type Carrier,
  carrierSchema,
  type NewCarrier,
  newCarrierSchema,
  type ShownCarrier,
  shownCarrierSchema,
} from "./carrier-schema.ts";
import { sourcesIndex } from "./sources.ts";

const carrierOf = ({ body }: DocumentsTable): Carrier => carrierSchema.parse(JSON.parse(body));

const shown = (row: DocumentsTable): ShownCarrier => shownCarrierSchema.parse(carrierOf(row));

/** What a password belongs to (seal.ts). */
export const loginOf = (carrier: string, user: string): string => `carrier ${carrier} ${user}`;

/** What calls from a carrier come with, where we register there. Pure. */
export const contactOf = ({ name, register }: Carrier): string | undefined =>
  register && (register.contact ?? name);

/** A call to a Contact must be of one carrier; Kamailio knows registrations by theirs. @throws Problem */
async function assertOwnContact(trx: Transaction<Tables>, name: string, contact: string): Promise<void> {
  const rows = await trx.selectFrom("carriers").selectAll().where("name", "!=", name).execute();
  const other = rows.map(carrierOf).find((one) => contactOf(one) === contact);
  if (other)
    throw new Problem(
      "invalid-request",
      `register.contact: carrier ${other.name} registers as ${contact} already: give one of the two another contact`,
    );
}

/** Its row; the password of the same user stays when none is given. @throws Problem */
function rowOf(
  { login, ...carrier }: NewCarrier,
  found: DocumentsTable | undefined,
  secret: string,
): DocumentsTable {
  const { name } = carrier;
  const before = found && carrierOf(found).login;
  const known = before && before.user === login?.user ? before.sealed : undefined;
  const seal =
    login?.password === undefined ? known : sealed(secret, loginOf(name, login.user), login.password);
  if (login && seal === undefined)
    throw new Problem("invalid-request", `carrier ${name} has no password yet for ${login.user}`, [
      { path: "/login/password", message: `is required: there is none yet for ${login.user}` },
    ]);
  if (carrier.register && !login)
    throw new Problem("invalid-request", "register: needs a login with user and password", [
      { path: "/register", message: "needs a login with user and password" },
    ]);
  const { password: _, ...rest } = login ?? {};
  const body = JSON.stringify({ ...carrier, ...(login && { login: { ...rest, sealed: seal } }) });
  return { name, body };
}

export const carriers = entity({
  kind: "carrier",
  table: "carriers",
  key: "name",
  value: carrierSchema,
  keyOf: ({ name }) => name,
  line: "carrier",
  read: carrierOf,
  index: sourcesIndex,
  api: {
    path: "carriers",
    tag: "carriers",
    key: newCarrierSchema.shape.name,
    shown: shownCarrierSchema,
    create: newCarrierSchema,
    replace: newCarrierSchema.partial({ name: true }),
    show: shown,
    document: (row: DocumentsTable) => {
      const { login, ...carrier } = shown(row);
      return { ...carrier, ...(login && { login: { ...login, password: kept } }) };
    },
    row: (carrier, before, { secret }) => rowOf(carrier, before, secret),
    put: async (trx, carrier: NewCarrier, { mayExist, secret }) => {
      const { name } = carrier;
      const found = await trx
        .selectFrom("carriers")
        .selectAll()
        .where("name", "=", name)
        .forUpdate()
        .executeTakeFirst();
      if (found && !mayExist) throw new Problem("exists", `there is a carrier ${name} already`);
      const { register } = carrier;
      if (register) await assertOwnContact(trx, name, register.contact ?? name);
      const { body } = rowOf(carrier, found, secret);
      await trx.insertInto("carriers").values({ name, body }).onDuplicateKeyUpdate({ body }).execute();
    },
    assertUnused: async (trx, name) => {
      for (const rule of await trx.selectFrom("rules").select(["name", "body"]).execute()) {
        const { action, match } = JSON.parse(rule.body) as {
          action?: { targets?: { carrier?: string }[] };
          match?: { carrier?: string };
        };
        if (match?.carrier === name) throw new Problem("in-use", `rule ${rule.name} is for calls from it`);
        if (action?.targets?.some(({ carrier }) => carrier === name))
          throw new Problem("in-use", `rule ${rule.name} sends calls to it`);
      }
    },
  },
});
