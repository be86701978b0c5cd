import type { FastifyRequest } from "fastify";
import { bearerOf } from "../http/auth.ts";
import type { Principal } from "../http/principal.ts";
import { principalOfToken } from "./known-tokens.ts";
import type { AccessMemory } from "./memory.ts";
import { touchMs } from "./sessions.ts";
import { type Tokens, tokenId } from "./tokens.ts";

/** Says which program asks, by its token: from memory, so that it is known after a takeover and without a database. */
export class TokenGuard {
  private readonly parts: { memory: AccessMemory; tokens: Pick<Tokens, "touch"> };

  constructor(parts: TokenGuard["parts"]) {
    this.parts = parts;
  }

  /** Of a token of this kind that came with it, whether that is good or not. */
  idIn({ headers }: FastifyRequest): Buffer | undefined {
    return tokenId(bearerOf(headers.authorization));
  }

  /** Whose token came with it. @param id as `idIn` found it */
  async of(request: FastifyRequest, id: Buffer): Promise<Principal | undefined> {
    const { memory, tokens } = this.parts;
    let token = memory.tokens.find(id);
    if (!token) {
      // Made at the other node a moment ago, or nobody's. Without a database it can not be told: then it is not known.
      await memory.read(250).catch(() => {});
      token = memory.tokens.find(id);
    }
    const now = Date.now();
    if (!token || token.expiresAt <= now) return undefined;
    const principal = principalOfToken(token, (name) => memory.person(name));
    if (!principal) return undefined;
    if (now - token.seenAt >= touchMs) {
      token.seenAt = now;
      // Beside the request. A lost database is told by whoever follows it; then the time is not written.
      tokens.touch(id, new Date(now), request.client || "this host").catch(() => {});
    }
    // What is written into versions and logs is the token's name, whatever the request says.
    request.headers["x-dialtone-who"] = encodeURIComponent(principal.person.name);
    return principal;
  }
}
