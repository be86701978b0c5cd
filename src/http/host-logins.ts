import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/**
 * Logins of programs that know no bearer tokens but HTTP's own ways (RFC 7617 Basic, RFC 7616 Digest), such as FreeSWITCH's modules. The same
 * secret is good as a bearer token too.
 */

/** A nonce is good for so long, seconds: longer than any client takes for its second request. */
const nonceS = 60;

const sha256 = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();
const md5 = (text: string): string => createHash("md5").update(text, "utf8").digest("hex");
const same = (one: string, other: string): boolean => timingSafeEqual(sha256(one), sha256(other));

/** The parameters of a Digest header; the last of two with the same name. */
const fieldsOf = (header: string): Map<string, string> =>
  new Map(
    [...header.matchAll(/([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/gi)].map((match) => [
      (match[1] ?? "").toLowerCase(),
      match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? "",
    ]),
  );

interface Asked {
  authorization: string | undefined;
  method: string;
  /** The request's target as it came, with its query. */
  url: string;
}

export class HostLogins {
  private readonly realm: string;
  private readonly secrets: ReadonlyMap<string, string>;
  private readonly nonceKey: string;
  private readonly known = new WeakMap<IncomingMessage, string>();

  /** @param secrets by name @param nonceKey the same on all nodes, so that a challenge of one is good on the other */
  constructor(realm: string, secrets: ReadonlyMap<string, string>, nonceKey: string) {
    this.realm = realm;
    this.secrets = secrets;
    this.nonceKey = nonceKey;
  }

  /** Whose login a request bears; undefined: nobody's. @param now Unix time, ms */
  whose(request: IncomingMessage, now = Date.now()): string | undefined {
    const found = this.nameIn(
      {
        authorization: request.headers.authorization,
        method: request.method ?? "",
        url: request.url ?? "",
      },
      now,
    );
    if (found !== undefined) this.known.set(request, found);
    return found;
  }

  /** Who sent a request that was let in by `whose`. */
  nameOf(request: IncomingMessage): string | undefined {
    return this.known.get(request);
  }

  /** Values of WWW-Authenticate, each a header of its own. */
  challenges(now = Date.now()): string[] {
    return [
      `Digest realm="${this.realm}", nonce="${this.nonce(Math.floor(now / 1000))}", qop="auth", algorithm=MD5`,
      `Basic realm="${this.realm}", charset="UTF-8"`,
    ];
  }

  private nonce(second: number): string {
    const stamp = second.toString(36);
    return `${stamp}.${createHmac("sha256", this.nonceKey).update(stamp).digest("base64url")}`;
  }

  private nameIn({ authorization = "", method, url }: Asked, now: number): string | undefined {
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (bearer !== undefined)
      return [...this.secrets].filter(([, secret]) => same(secret, bearer)).map(([name]) => name)[0];
    const basic = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(authorization)?.[1];
    if (basic !== undefined) {
      const [name = "", ...rest] = Buffer.from(basic, "base64").toString("utf8").split(":");
      // Nobody's secret is never right, but takes as long.
      return same(this.secrets.get(name) ?? `${this.nonceKey} `, rest.join(":")) ? name : undefined;
    }
    return /^Digest\s/i.test(authorization)
      ? this.digested(fieldsOf(authorization), method, url, now)
      : undefined;
  }

  private digested(given: Map<string, string>, method: string, url: string, now: number): string | undefined {
    const field = (name: string): string => given.get(name) ?? "";
    const [name, nonce] = [field("username"), field("nonce")];
    const second = Number.parseInt(nonce.split(".", 1)[0] ?? "", 36);
    if (!Number.isInteger(second) || !same(nonce, this.nonce(second))) return undefined;
    if (Math.abs(now / 1000 - second) > nonceS || field("uri") !== url || field("qop") !== "auth")
      return undefined;
    if (!/^(|md5)$/i.test(field("algorithm")) || field("realm") !== this.realm) return undefined;
    const secret = this.secrets.get(name);
    const a1 = md5(`${name}:${this.realm}:${secret ?? this.nonceKey}`);
    const a2 = md5(`${method}:${url}`);
    const right = md5([a1, nonce, field("nc"), field("cnonce"), "auth", a2].join(":"));
    return same(right, field("response").toLowerCase()) && secret !== undefined ? name : undefined;
  }
}
