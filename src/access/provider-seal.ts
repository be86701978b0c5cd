import { z } from "zod";
import { sealed, unsealed } from "../base/seal.ts";

/**
 * What is remembered of a login while the browser is at the provider: in a cookie of that browser, sealed by the cluster, so that whichever
 * node it comes back to knows it, and no database keeps what a stranger began.
 */

/** Bound to this very host, to TLS and to all paths (RFC 6265bis 4.1.3.2). */
export const loginCookie = "__Host-dialtone-login";

/** So long somebody may take at the provider, who may have to set up a telephone there. */
export const awayMs = 15 * 60_000;
/** So long somebody may look for a code. */
export const codeMs = 5 * 60_000;

const purpose = "login by an identity provider";

const common = {
  /** It is good once: random. */
  id: z.string(),
  /** It is good until, Unix time in ms. */
  until: z.number(),
  provider: z.string(),
  /** It is done in a window of its own. */
  window: z.boolean(),
  /** Whose login proves again who it is: SHA-256 of its cookie, in hex; null: it is a new login. */
  session: z.string().nullable(),
};

const sealSchema = z.discriminatedUnion("stage", [
  /** The browser is at the provider. */
  z.strictObject({
    ...common,
    stage: z.literal("away"),
    began: z.number(),
    secrets: z.strictObject({ state: z.string(), nonce: z.string(), verifier: z.string() }),
    redirect: z.string(),
  }),
  /** It came back, and a code of the second factor is missing. */
  z.strictObject({
    ...common,
    stage: z.literal("code"),
    person: z.string(),
    /** When it logged in at the provider, Unix time in ms; null: it did not say. */
    authAt: z.number().nullable(),
  }),
]);
export type Seal = z.infer<typeof sealSchema>;
export type SealOf<Stage extends Seal["stage"]> = Extract<Seal, { stage: Stage }>;

/** @param root a secret of the cluster */
export const sealedLogin = (root: string, seal: Seal): string => sealed(root, purpose, JSON.stringify(seal));

/** What is in the cookie; undefined: it is none of ours, is of another stage, or too old. Pure. */
export function openedLogin<Stage extends Seal["stage"]>(
  root: string,
  cookie: string | undefined,
  stage: Stage,
  now: Date,
): SealOf<Stage> | undefined {
  if (cookie === undefined) return undefined;
  let text: string;
  try {
    text = unsealed(root, purpose, cookie);
  } catch {
    return undefined; // made up, or of another cluster
  }
  const seal = sealSchema.safeParse(JSON.parse(text)).data;
  return seal?.stage === stage && now.getTime() < seal.until ? (seal as SealOf<Stage>) : undefined;
}
