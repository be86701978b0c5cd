import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { nodes, serviceIps } from "../cluster/facts.ts";
import type { Cluster } from "../cluster/schema.ts";
import type { CertificateKind, KeptCertificate } from "../cluster/web-certificate.ts";

/** Which certificate is used, and when the next is due. Pure. */

/** One that is renewed by itself is, when so much of its life is over. */
const renewedAt = 2 / 3;

/** When it is renewed, ms since 1970. */
export const renewalOf = ({
  validFromDate,
  validToDate,
}: Pick<X509Certificate, "validFromDate" | "validToDate">): number =>
  validFromDate.getTime() + renewedAt * (validToDate.getTime() - validFromDate.getTime());

/** The same of a PEM text, in ISO 8601. */
export const renewalAt = (certificate: string): string =>
  new Date(renewalOf(new X509Certificate(certificate))).toISOString();

/** What a generated one is for: all under which browsers may come. */
export const namesOf = (cluster: Cluster): string[] => [
  ...cluster.web.names,
  ...serviceIps(cluster),
  ...nodes(cluster).map(({ address }) => address),
];

const names = (one: X509Certificate, name: string): boolean =>
  (isIP(name) ? one.checkIP(name) : one.checkHost(name)) !== undefined;

/** Why a generated one is to be made; undefined: there is one that is good. */
export function whyGenerate(
  found: Pick<KeptCertificate, "certificate"> | undefined,
  cluster: Cluster,
  authority: string,
  now: number,
): string | undefined {
  if (!found) return "there is none";
  const one = new X509Certificate(found.certificate);
  if (now >= renewalOf(one)) return "most of its life is over";
  if (!one.verify(new X509Certificate(authority).publicKey)) return "the cluster has another authority";
  const missing = namesOf(cluster).filter((name) => !names(one, name));
  return missing.length > 0 ? `it is not for ${missing.join(", ")}` : undefined;
}

/** What browsers get: one that somebody gave, else what an authority gave, where cluster.yaml says so, else a generated one. */
export function usedOf<Row extends { kind: CertificateKind }>(
  rows: readonly Row[],
  { web }: Pick<Cluster, "web">,
): Row | undefined {
  const of = (kind: CertificateKind) => rows.find((row) => row.kind === kind);
  return of("given") ?? (web.acme ? of("acme") : undefined) ?? of("generated");
}
