import { Agent } from "node:https";
import { rootCertificates } from "node:tls";
import type { Client, ClientOptions } from "acme-client";
import type { Cluster } from "../cluster/schema.ts";

/** The library that speaks with authorities, loaded where there is one, with our patience in place of its own. */

type Library = typeof import("acme-client");
type Settings = NonNullable<Cluster["web"]["acme"]>;

const answerMs = 20_000;

/** What the authority said last when it refused something (RFC 8555 6.6, 6.7). */
export interface Refusal {
  /** `urn:ietf:params:acme:error:…` */
  type: string;
  retryAfterMs: number;
}

export interface Authority {
  library: Library;
  clientOf(account: Pick<ClientOptions, "accountKey" | "accountUrl">): Client;
  /** Of the last question; undefined: it was not refused. */
  refusal(): Refusal | undefined;
  /** Forgets it. */
  begin(): void;
}

const retryAfterMs = (header: unknown): number => {
  const text = typeof header === "string" ? header : "";
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
};

const typeOf = (data: unknown): string => {
  const { type } = (typeof data === "object" && data !== null ? data : {}) as { type?: unknown };
  return typeof type === "string" ? type : "";
};

export async function openAuthority({ directory, authority }: Settings): Promise<Authority> {
  const library = await import("acme-client");
  let refusal: Refusal | undefined;
  Object.assign(library.axios.defaults, {
    timeout: answerMs,
    // It would wait for hours within one question; ours is written down, and any node goes on with it (acme-state.ts).
    acmeSettings: { retryMaxAttempts: 0, retryDefaultDelay: 1 },
    ...(authority !== undefined && { httpsAgent: new Agent({ ca: [...rootCertificates, authority] }) }),
  });
  library.axios.interceptors.response.use((response) => {
    if (response.status >= 400)
      refusal = {
        type: typeOf(response.data),
        retryAfterMs: retryAfterMs(response.headers["retry-after"]),
      };
    return response;
  });
  return {
    library,
    clientOf: (account) => new library.Client({ directoryUrl: directory, ...account }),
    refusal: () => refusal,
    begin: () => {
      refusal = undefined;
    },
  };
}
