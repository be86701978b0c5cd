import { type CertificateKind, certificateKinds, type KeptCertificate } from "../cluster/web-certificate.ts";
import type { Database } from "../db/database.ts";

/** Certificates in the database, one of each kind, keys sealed: whichever node is lost, they are not. */
export class CertificateStore {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** @throws Error of the database */
  async all(): Promise<KeptCertificate[]> {
    const rows = await this.database.read((db) => db.selectFrom("web_certificates").selectAll().execute(), {
      deadlineMs: 2000,
    });
    return rows.flatMap(({ kind, certificate, sealed_key: key }) => {
      const known = certificateKinds.find((one) => one === kind);
      return known ? [{ kind: known, certificate, key }] : [];
    });
  }

  /** In the place of the one of its kind. @param one with its key sealed */
  async put({ kind, certificate, key }: KeptCertificate): Promise<void> {
    const values = { certificate, sealed_key: key, made_at: new Date() };
    await this.database.transact(async (trx) => {
      await trx
        .insertInto("web_certificates")
        .values({ kind, ...values })
        .onDuplicateKeyUpdate(values)
        .execute();
    });
  }

  /** @returns whether there was one */
  async remove(kind: CertificateKind): Promise<boolean> {
    const result = await this.database.transact((trx) =>
      trx.deleteFrom("web_certificates").where("kind", "=", kind).executeTakeFirst(),
    );
    return Number(result.numDeletedRows) > 0;
  }
}
