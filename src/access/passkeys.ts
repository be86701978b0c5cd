import { createHash } from "node:crypto";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { messageOf } from "../base/message.ts";
import type { Database } from "../db/database.ts";
import type { PasskeysTable } from "../db/tables.ts";
import { Problem } from "../http/problems.ts";
import { answerMs, isChallenge, newChallenge, useChallenge } from "./challenges.ts";
import { forgetFactors, lastFactor } from "./factor-rows.ts";
import type { Factors } from "./factors.ts";
import { endSessions, onlyStrongSession } from "./people.ts";
import { changeAccess } from "./revision.ts";

/** Passkeys (WebAuthn level 3): made and kept by the person's device, for one host name, and never without its PIN, finger or face. */

/** Where passkeys are good. */
export interface PasskeyHost {
  /** The host name (RP ID). */
  name: string;
  /** What browsers say where they are: the web door, and the app's own port. */
  origins: string[];
}

interface PasskeyParts {
  database: Database;
  factors: Factors;
  /** A secret of the cluster. */
  root: string;
  /** Undefined: there is no name, and a passkey needs one. */
  host: PasskeyHost | undefined;
  /** Shown by the device. */
  service: string;
}

export const idOf = (credential: string): Buffer => createHash("sha256").update(credential).digest();

const most = 20;

/** Loaded with the first passkey: it is 15 MB of an app. */
const library = () => import("@simplewebauthn/server");

export class Passkeys {
  private readonly parts: PasskeyParts;

  constructor(parts: PasskeyParts) {
    this.parts = parts;
  }

  get host(): string | undefined {
    return this.parts.host?.name;
  }

  /** @throws Problem `not-now` */
  private assertHost(): PasskeyHost {
    const { host } = this.parts;
    if (!host)
      throw new Problem(
        "not-now",
        "passkeys need a host name: cluster.yaml names none for browsers (web.names)",
      );
    return host;
  }

  async of(person: string): Promise<PasskeysTable[]> {
    return await this.parts.database.read((db) =>
      db.selectFrom("passkeys").selectAll().where("person", "=", person).orderBy("created_at").execute(),
    );
  }

  /** What a device is asked for to make one. */
  async newOptions(person: { name: string; display: string; id: Buffer }, now: Date) {
    const host = this.assertHost();
    const known = await this.of(person.name);
    const { generateRegistrationOptions } = await library();
    return await generateRegistrationOptions({
      rpName: this.parts.service,
      rpID: host.name,
      userName: person.name,
      userDisplayName: person.display || person.name,
      userID: new Uint8Array(person.id),
      challenge: new Uint8Array(newChallenge(this.parts.root, `new ${person.name}`, now)),
      timeout: answerMs,
      attestationType: "none",
      excludeCredentials: known.map(({ credential }) => ({ id: credential })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
  }

  private isOurs(purpose: string, now: Date) {
    return (challenge: string): boolean =>
      isChallenge(this.parts.root, purpose, Buffer.from(challenge, "base64url"), now);
  }

  /**
   * Takes a new one: this login has proven to have it, all others end.
   * @returns recovery codes, with the first second factor. @throws Problem `invalid-request`, `not-now`, `exists`
   */
  async add(
    person: string,
    label: string,
    response: RegistrationResponseJSON,
    session: Buffer,
    now: Date,
  ): Promise<string[] | undefined> {
    const host = this.assertHost();
    const { verifyRegistrationResponse } = await library();
    const found = await verifyRegistrationResponse({
      response,
      expectedChallenge: this.isOurs(`new ${person}`, now),
      expectedOrigin: host.origins,
      expectedRPID: host.name,
      requireUserVerification: true,
    }).catch((error: unknown) => {
      throw new Problem("invalid-request", `the passkey can not be taken: ${messageOf(error)}`);
    });
    const isNew = () => useChallenge(this.parts.database, challengeIn(response.response.clientDataJSON), now);
    if (!found.verified || !(await isNew()))
      throw new Problem("invalid-request", "the passkey can not be taken: begin anew");
    const { credential } = found.registrationInfo;
    const row: PasskeysTable = {
      id: idOf(credential.id),
      person,
      credential: credential.id,
      public_key: Buffer.from(credential.publicKey).toString("base64url"),
      counter: credential.counter,
      label,
      created_at: now,
      used_at: null,
    };
    let codes: string[] | undefined;
    await changeAccess(this.parts.database, async (trx, revision) => {
      const known = await trx.selectFrom("passkeys").select("id").where("person", "=", person).execute();
      // Both are there already when the answer to the commit was lost.
      if (known.every(({ id }) => !id.equals(row.id)) && known.length >= most)
        throw new Problem("not-now", `a person has at most ${most} passkeys: remove one first`);
      await trx.insertInto("passkeys").ignore().values(row).execute();
      codes = (await this.parts.factors.firstCodes(trx, person)) ?? codes;
      await onlyStrongSession(trx, person, revision, session);
    });
    return codes;
  }

  /** What any device is asked for to log in: it says itself whose passkey it is. */
  async loginOptions(now: Date) {
    const host = this.assertHost();
    const { generateAuthenticationOptions } = await library();
    return await generateAuthenticationOptions({
      rpID: host.name,
      challenge: new Uint8Array(newChallenge(this.parts.root, "login", now)),
      timeout: answerMs,
      userVerification: "required",
    });
  }

  /** Whose passkey it was that signed. @throws Problem `login-refused` */
  async proven(response: AuthenticationResponseJSON, now: Date): Promise<string> {
    const host = this.assertHost();
    const { database } = this.parts;
    const refused = (why: string) => new Problem("login-refused", `the passkey was not taken: ${why}`);
    const row = await database.read((db) =>
      db.selectFrom("passkeys").selectAll().where("id", "=", idOf(response.id)).executeTakeFirst(),
    );
    if (!row) throw refused("it is not known here any more");
    const { verifyAuthenticationResponse } = await library();
    const found = await verifyAuthenticationResponse({
      response,
      expectedChallenge: this.isOurs("login", now),
      expectedOrigin: host.origins,
      expectedRPID: host.name,
      requireUserVerification: true,
      credential: {
        id: row.credential,
        publicKey: new Uint8Array(Buffer.from(row.public_key, "base64url")),
        counter: Number(row.counter),
      },
    }).catch((error: unknown) => {
      throw refused(messageOf(error));
    });
    if (!found.verified) throw refused("its signature is wrong");
    if (!(await useChallenge(database, challengeIn(response.response.clientDataJSON), now)))
      throw refused("this answer was used already");
    const owner = await database.read((db) =>
      db
        .selectFrom("people")
        .select(["id", "enabled", "removed_at"])
        .where("name", "=", row.person)
        .executeTakeFirst(),
    );
    const handle = response.response.userHandle;
    if (
      !owner ||
      owner.enabled === 0 ||
      owner.removed_at !== null ||
      (handle !== undefined && !Buffer.from(handle, "base64url").equals(owner.id))
    )
      throw refused("whose it was may not log in");
    const { newCounter } = found.authenticationInfo;
    await database.transact((trx) =>
      trx
        .updateTable("passkeys")
        .set({ counter: newCounter, used_at: now })
        .where("id", "=", row.id)
        .execute(),
    );
    return row.person;
  }

  /** @throws Problem `not-found` */
  async rename(person: string, id: Buffer, label: string): Promise<void> {
    const known = await this.of(person);
    if (!known.some((one) => one.id.equals(id))) throw new Problem("not-found", "there is no such passkey");
    await this.parts.database.transact((trx) =>
      trx.updateTable("passkeys").set({ label }).where("id", "=", id).where("person", "=", person).execute(),
    );
  }

  /** All other logins end. @throws Problem `not-found`, `not-now`: it is the last second factor of a role that needs one */
  async remove(person: string, id: Buffer, needed: boolean, session: Buffer): Promise<void> {
    let removed = false;
    await changeAccess(this.parts.database, async (trx, revision) => {
      const known = await trx.selectFrom("passkeys").select("id").where("person", "=", person).execute();
      if (!known.some((one) => one.id.equals(id))) {
        // The answer to the first commit was lost.
        if (removed) return;
        throw new Problem("not-found", "there is no such passkey");
      }
      const totp = await trx
        .selectFrom("second_factors")
        .select("person")
        .where("person", "=", person)
        .where("sealed", "is not", null)
        .executeTakeFirst();
      const last = known.length === 1 && !totp;
      if (last && needed) throw lastFactor();
      await trx.deleteFrom("passkeys").where("id", "=", id).where("person", "=", person).execute();
      if (last) await forgetFactors(trx, person);
      await endSessions(trx, person, revision, session);
      removed = true;
    });
  }
}

/** What was signed, as the browser says; whether it is ours is looked at with the signature. */
function challengeIn(clientData: string): Buffer {
  const data: unknown = JSON.parse(Buffer.from(clientData, "base64url").toString("utf8"));
  const challenge = typeof data === "object" && data !== null && "challenge" in data ? data.challenge : "";
  return Buffer.from(String(challenge), "base64url");
}
