import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";

/** Authorities as others have them, whose certificates people give. */

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface Wanted {
  names: string[];
  from?: Date;
  until?: Date;
  /** For clients only. */
  client?: boolean;
}

export interface Authority {
  /** PEM. */
  certificate: string;
  issuer: x509.X509Certificate;
  keys: CryptoKeyPair;
  issue(wanted: Wanted): Promise<{ certificate: string; key: string }>;
}

type CryptoKeyPair = Awaited<ReturnType<typeof newKeys>>;
const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
const serialNumber = () => `4${randomBytes(15).toString("hex")}`;
const start = new Date("2026-01-01T00:00:00Z");
const pemOf = (one: x509.X509Certificate): string => `${one.toString("pem")}\n`;

/** @param by whoever signed it; missing: itself */
export async function anAuthority(name: string, by?: Authority): Promise<Authority> {
  const keys = await newKeys();
  const issuer = await x509.X509CertificateGenerator.create(
    {
      ...{ serialNumber: serialNumber(), subject: `CN=${name}`, issuer: by?.issuer.subject ?? `CN=${name}` },
      ...{ notBefore: start, notAfter: new Date("2036-01-01T00:00:00Z"), signingAlgorithm: algorithm },
      ...{ publicKey: keys.publicKey, signingKey: (by?.keys ?? keys).privateKey },
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    },
    webcrypto,
  );
  const issue: Authority["issue"] = async ({ names, from = start, until, client = false }) => {
    const own = await newKeys();
    const one = await x509.X509CertificateGenerator.create(
      {
        ...{ serialNumber: serialNumber(), subject: `CN=${names[0]}`, issuer: issuer.subject },
        ...{ notBefore: from, notAfter: until ?? new Date("2027-06-01T00:00:00Z") },
        ...{ publicKey: own.publicKey, signingKey: keys.privateKey, signingAlgorithm: algorithm },
        extensions: [
          new x509.SubjectAlternativeNameExtension(
            names.map((value) => ({ type: isIP(value) ? "ip" : "dns", value })),
          ),
          new x509.ExtendedKeyUsageExtension([
            client ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
          ]),
        ],
      },
      webcrypto,
    );
    const der = await webcrypto.subtle.exportKey("pkcs8", own.privateKey);
    return { certificate: pemOf(one), key: `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n` };
  };
  return { certificate: pemOf(issuer), issuer, keys, issue };
}
