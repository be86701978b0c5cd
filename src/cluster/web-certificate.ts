import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sealed, unsealed } from "../base/seal.ts";
import type { HostContext, HostDirs } from "./facts.ts";
import type { Secrets } from "./secrets.ts";

/**
 * The certificate of the web door (HAProxy, `web.port`). The app of each node takes it from the database and keeps it in a file of the
 * node, its key sealed; HAProxy starts with what is in there, and the agent gives it what comes later. So a node starts without a
 * database, too.
 */

/** given: somebody's own; acme: ordered by the cluster; generated: made by the cluster's own authority. */
export const certificateKinds = ["given", "acme", "generated"] as const;
export type CertificateKind = (typeof certificateKinds)[number];

/** Nothing is kept yet: the certificate with which the hosts talk to each other. */
const hostsOwn = "hosts";

/** Certificates and key in PEM: first the certificate itself, behind it who issued it. */
export interface WebCertificate {
  kind: CertificateKind | typeof hostsOwn;
  certificate: string;
  key: string;
}

const keptSchema = z.object({
  kind: z.enum(certificateKinds),
  certificate: z.string(),
  /** Sealed. */
  key: z.string(),
});
export type KeptCertificate = z.infer<typeof keptSchema>;

export const keptCertificateFile = (dirs: Pick<HostDirs, "app">): string =>
  join(dirs.app, "web-certificate.json");

/** SHA-256 of a certificate: 64 hex digits. */
export const fingerprintIn = ({ fingerprint256 }: Pick<X509Certificate, "fingerprint256">): string =>
  fingerprint256.replaceAll(":", "").toLowerCase();

/** Of the first certificate in a PEM text. @throws Error when there is none */
export const fingerprintOf = (certificate: string): string => fingerprintIn(new X509Certificate(certificate));

/** What a private key belongs to (base/seal.ts): that certificate, and nothing else. */
const sealOf = (certificate: string): string => `web certificate ${fingerprintOf(certificate)}`;

type Root = Pick<Secrets, "peer_token">;

export const sealedKey = (secrets: Root, certificate: string, key: string): string =>
  sealed(secrets.peer_token, sealOf(certificate), key);

/** @throws Error when it was sealed with another cluster's secret, or for another certificate */
export const unsealedKey = (secrets: Root, { certificate, key }: Omit<KeptCertificate, "kind">): string =>
  unsealed(secrets.peer_token, sealOf(certificate), key);

/** What the app of this node keeps; undefined: nothing yet. @throws Error that names the file */
export async function readKept(dirs: Pick<HostDirs, "app">): Promise<KeptCertificate | undefined> {
  const file = keptCertificateFile(dirs);
  try {
    return keptSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`${file} can not be used`, { cause: error });
  }
}

/** What this node's web door shows: what is kept, or until then the hosts' own. @throws Error when it can not be used */
export async function webCertificateOf({
  dirs,
  secrets,
}: Pick<HostContext, "dirs" | "secrets">): Promise<WebCertificate> {
  const kept = await readKept(dirs);
  return kept ? { ...kept, key: unsealedKey(secrets, kept) } : hostsCertificate(secrets);
}

/** Good for a start, whatever else there is. */
export const hostsCertificate = ({ tls }: Pick<Secrets, "tls">): WebCertificate => ({
  kind: hostsOwn,
  certificate: tls.cert,
  key: tls.key,
});
