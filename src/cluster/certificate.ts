import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMap, parseDocument } from "yaml";
import { allHosts, serviceIps } from "./facts.ts";
import { ConfigError, loadCluster, loadSecrets, secretsFileOf } from "./load.ts";
import type { Cluster } from "./schema.ts";
import type { Secrets } from "./secrets.ts";

/** The cluster's own authority, and the one certificate of its hosts. */

const openssl = (args: string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
const tenYears = ["-days", "3650"];

/** Addresses that the certificate has to name. */
const addressesOf = (cluster: Cluster): string[] => [
  ...serviceIps(cluster),
  ...allHosts(cluster).flatMap(({ address, address6 }) => [address, address6 ?? []].flat()),
  "127.0.0.1",
];

/** Addresses and web.names of the cluster that the certificate does not name: they were added later. */
export const addressesMissing = (cluster: Cluster, secrets: Pick<Secrets, "tls">): string[] => {
  const certificate = new X509Certificate(secrets.tls.cert);
  return [
    ...addressesOf(cluster).filter((address) => certificate.checkIP(address) === undefined),
    ...cluster.web.names.filter((name) => certificate.checkHost(name) === undefined),
  ];
};

/**
 * A certificate with every address of the cluster, valid ten years, of the authority given or a new one. Keys never appear
 * on a command line.
 */
export function issueCertificate(
  cluster: Cluster,
  authority?: Pick<Secrets["tls"], "ca" | "ca_key">,
): Secrets["tls"] {
  const directory = mkdtempSync(join(tmpdir(), "dialtone-init-"));
  const file = (name: string) => join(directory, name);
  const read = (name: string) => readFileSync(file(name), "utf8");
  try {
    if (authority) {
      writeFileSync(file("ca.crt"), authority.ca);
      writeFileSync(file("ca.key"), authority.ca_key, { mode: 0o600 });
    } else
      openssl([
        ...["req", "-x509", ...newKey, "-keyout", file("ca.key"), "-out", file("ca.crt"), ...tenYears],
        ...["-subj", `/CN=Dialtone ${cluster.cluster} CA`],
        ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
      ]);
    const names = addressesOf(cluster).map((ip) => `IP:${ip}`);
    // The names first: socat, which carries Galera's state transfers, looks its peer's name up in DNS when it comes to an IPv6
    // address before it has found that name, and gives up.
    const san = [
      "DNS:localhost",
      `DNS:${cluster.cluster}`,
      ...cluster.web.names.map((name) => `DNS:${name}`),
      ...names,
    ].join(",");
    openssl([
      ...["req", "-new", ...newKey, "-keyout", file("host.key"), "-out", file("host.csr")],
      ...["-subj", `/CN=${cluster.cluster}`],
    ]);
    writeFileSync(
      file("ext"),
      `subjectAltName=${san}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\nkeyUsage=critical,digitalSignature\n`,
    );
    openssl([
      ...["x509", "-req", "-in", file("host.csr"), "-CA", file("ca.crt"), "-CAkey", file("ca.key")],
      ...["-CAcreateserial", "-out", file("host.crt"), ...tenYears, "-extfile", file("ext")],
    ]);
    return { ca: read("ca.crt"), ca_key: read("ca.key"), cert: read("host.crt"), key: read("host.key") };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/**
 * Writes a new certificate into the secrets beside a cluster.yaml, of the same authority: hosts that still have the old one
 * and hosts that have the new one go on talking. @returns the addresses that are new in it. @throws ConfigError
 */
export function renewCertificate(clusterFile: string): string[] {
  const cluster = loadCluster(clusterFile);
  const secrets = loadSecrets(clusterFile);
  const added = addressesMissing(cluster, secrets);
  const path = secretsFileOf(clusterFile);
  const document = parseDocument(readFileSync(path, "utf8"));
  if (!isMap(document.contents)) throw new ConfigError([`${path}: is no map`]);
  const { cert, key } = issueCertificate(cluster, secrets.tls);
  document.setIn(["tls", "cert"], cert);
  document.setIn(["tls", "key"], key);
  writeFileSync(path, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  return added;
}
