import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { longestPem } from "./certificate-schema.ts";

/** Is a certificate that somebody gives good for browsers? All of it is looked at before any of it is used. Pure. */

export interface Given {
  certificate: string;
  key: string;
}

/** What is wrong with which field. */
export interface Fault {
  path: "/certificate" | "/key";
  message: string;
}

/** Under what browsers come: names; without any, the addresses. */
export interface Doors {
  names: readonly string[];
  addresses: readonly string[];
}

const leastRsaBits = 2048;
/** Those that browsers take. */
const curves: ReadonlySet<string> = new Set(["prime256v1", "secp384r1"]);
const serverUse = "1.3.6.1.5.5.7.3.1";
const anyUse = "2.5.29.37.0";

/** The blocks of a PEM text (RFC 7468), in their order. */
const blocksOf = (text: string): { label: string; text: string }[] =>
  [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s:,-]+?-----END \1-----/g)].map((match) => ({
    label: match[1] ?? "",
    text: match[0].replaceAll("\r", ""),
  }));

const day = (date: Date): string => date.toISOString().slice(0, 10);
/** A distinguished name as people read it. */
export const oneLine = (name: string): string => name.replaceAll("\n", ", ");

/** The kind of a key in words: `RSA 2048`, `EC prime256v1`. */
export function keyKind({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === "rsa") return `RSA ${asymmetricKeyDetails?.modulusLength}`;
  if (asymmetricKeyType === "ec") return `EC ${asymmetricKeyDetails?.namedCurve}`;
  return asymmetricKeyType ?? "unknown";
}

function weakness(key: KeyObject): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa" && (details?.modulusLength ?? 0) >= leastRsaBits) return undefined;
  if (type === "ec" && curves.has(details?.namedCurve ?? "")) return undefined;
  return `is a key of the kind ${keyKind(key)}: browsers take RSA of ${leastRsaBits} bits or more, and EC P-256 or P-384`;
}

/** All certificates of a PEM text. @throws Error that says which one can not be read */
export function certificatesOf(text: string): X509Certificate[] {
  return blocksOf(text)
    .filter(({ label }) => label === "CERTIFICATE")
    .map((block, index) => {
      try {
        return new X509Certificate(block.text);
      } catch {
        throw new Error(`certificate ${index + 1} of the text can not be read: is it whole?`);
      }
    });
}

function readKey(text: string): { key: KeyObject } | { fault: string } {
  const keys = blocksOf(text).filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block] = keys;
  if (!block) return { fault: "has no private key in PEM (-----BEGIN PRIVATE KEY-----)" };
  if (keys.length > 1) return { fault: `has ${keys.length} private keys: give the one that fits` };
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type:.*ENCRYPTED/m.test(block.text))
    return { fault: "is encrypted with a password: decrypt it first ('openssl pkey -in FILE -out KEY')" };
  try {
    return { key: createPrivateKey(block.text) };
  } catch {
    return { fault: "can not be read: is it whole?" };
  }
}

const issued = (issuer: X509Certificate, one: X509Certificate): boolean =>
  one.checkIssued(issuer) && one.verify(issuer.publicKey);

/** Does each one's issuer follow, up to somebody whom systems know? */
function chainFaults(
  chain: readonly X509Certificate[],
  known: readonly X509Certificate[] | undefined,
): string[] {
  const faults = chain.slice(1).flatMap((issuer, index) => {
    const one = chain[index];
    if (!one || issued(issuer, one)) return [];
    return [
      `certificate ${index + 2} (${oneLine(issuer.subject)}) did not issue the one before it (${oneLine(one.subject)}): each must be followed by its issuer`,
    ];
  });
  const last = chain.at(-1);
  if (faults.length > 0 || !last || !known || issued(last, last) || known.some((root) => issued(root, last)))
    return faults;
  return [
    `the chain is not complete: who issued ${chain.length === 1 ? "it" : `the last one (${oneLine(last.subject)})`}, ${oneLine(last.issuer)}, does not follow and is no authority that systems know: add that certificate ("chain", "intermediate" or "CA bundle")`,
  ];
}

/** Names and addresses that it is not good for. */
const notNamed = (leaf: X509Certificate, { names, addresses }: Doors): string[] =>
  names.length > 0
    ? names.filter((name) => leaf.checkHost(name) === undefined)
    : addresses.filter((address) => leaf.checkIP(address) === undefined);

function leafFaults(leaf: X509Certificate, doors: Doors): string[] {
  const faults: string[] = [];
  const missing = notNamed(leaf, doors);
  if (missing.length > 0)
    faults.push(
      doors.names.length > 0
        ? `is not for ${missing.join(", ")}, by which browsers know the service (web.names); it is for ${leaf.subjectAltName ?? "no names at all"}`
        : `is not for ${missing.join(", ")}: write the names by which browsers know the service into web.names of cluster.yaml first`,
    );
  const uses: readonly string[] | undefined = leaf.keyUsage;
  if (uses !== undefined && !uses.includes(serverUse) && !uses.includes(anyUse))
    faults.push("is not for servers (extended key usage has no serverAuth)");
  return faults;
}

function dateFaults(chain: readonly X509Certificate[], now: Date): string[] {
  return chain.flatMap((one, index) => {
    const which = index === 0 ? "" : `certificate ${index + 1} (${oneLine(one.subject)}) `;
    if (one.validToDate <= now) return [`${which}ended on ${day(one.validToDate)}`];
    if (one.validFromDate > now) return [`${which}is not good before ${day(one.validFromDate)}`];
    return [];
  });
}

/**
 * @param known authorities whose certificates need not follow; undefined: whoever issued the last one is believed
 * @returns all that is wrong; empty: it can be used
 */
export function faultsOf(
  given: Given,
  doors: Doors,
  known: readonly X509Certificate[] | undefined,
  now: Date,
): Fault[] {
  const faults: Fault[] = [];
  const add = (path: Fault["path"], messages: string[]) =>
    faults.push(...messages.map((message) => ({ path, message })));
  const key = readKey(given.key);
  if ("fault" in key) add("/key", [key.fault]);
  else add("/key", [weakness(key.key) ?? []].flat());
  if (blocksOf(given.certificate).some(({ label }) => label.endsWith("PRIVATE KEY")))
    add("/certificate", ["has a private key in it: certificates alone, the key goes into its own field"]);
  let chain: X509Certificate[];
  try {
    chain = certificatesOf(given.certificate);
  } catch (error) {
    add("/certificate", [error instanceof Error ? error.message : String(error)]);
    return faults;
  }
  const [leaf] = chain;
  if (!leaf) {
    add("/certificate", ["has no certificate in PEM (-----BEGIN CERTIFICATE-----)"]);
    return faults;
  }
  if ("key" in key && !leaf.checkPrivateKey(key.key))
    add(
      "/key",
      chain.slice(1).some((one) => one.checkPrivateKey(key.key))
        ? ["fits another certificate of the text than the first one: put that one first"]
        : ["does not fit the certificate"],
    );
  add("/certificate", [
    ...dateFaults(chain, now),
    ...leafFaults(leaf, doors),
    ...chainFaults(chain, known),
    ...(given.certificate.length + given.key.length > longestPem
      ? [`is longer, with its key, than ${longestPem} characters: leave out what no browser needs`]
      : []),
  ]);
  return faults;
}

/** Certificates and key alone, in one spelling, of what `faultsOf` has nothing to say against. */
export const tidied = ({ certificate, key }: Given): Given => ({
  certificate: pemOf(certificate, (label) => label === "CERTIFICATE"),
  key: pemOf(key, (label) => label.endsWith("PRIVATE KEY")),
});

const pemOf = (text: string, wanted: (label: string) => boolean): string =>
  blocksOf(text)
    .filter(({ label }) => wanted(label))
    .map((block) => `${block.text}\n`)
    .join("");
