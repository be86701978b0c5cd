import { createPrivateKey, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import type { Secrets } from "../cluster/secrets.ts";
import type { Given } from "./check.ts";

/** Certificates of the cluster's own authority for its web door, made in this process. */

/** Longest life of one that systems take, whoever signed it, is 825 days; 398 is what they take of public authorities. */
export const lifeDays = 397;
const dayMs = 86_400_000;
/** Clocks of browsers may be late. */
const earlierMs = 3_600_000;

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** @param names names and addresses, at least one @throws Error when the authority's key can not be used */
export async function issueWebCertificate(
  authority: Pick<Secrets["tls"], "ca" | "ca_key">,
  names: readonly string[],
  now: Date,
): Promise<Given> {
  // Needed once a year: not loaded before.
  const x509 = await import("@peculiar/x509");
  const issuer = new x509.X509Certificate(authority.ca);
  const signingKey = await webcrypto.subtle.importKey(
    "pkcs8",
    createPrivateKey(authority.ca_key).export({ type: "pkcs8", format: "der" }),
    algorithm,
    false,
    ["sign"],
  );
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      subject: [{ CN: [names[0] ?? ""] }],
      issuer: issuer.subjectName,
      notBefore: new Date(now.getTime() - earlierMs),
      notAfter: new Date(now.getTime() + lifeDays * dayMs),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
        ),
        new x509.BasicConstraintsExtension(false),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const key = await webcrypto.subtle.exportKey("pkcs8", keys.privateKey);
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: `${x509.PemConverter.encode(key, "PRIVATE KEY")}\n`,
  };
}
