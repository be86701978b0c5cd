import { X509Certificate } from "node:crypto";
import type { Host } from "../cluster/facts.ts";
import { fingerprintIn, type KeptCertificate } from "../cluster/web-certificate.ts";
import type { PeerNews } from "../report/host-report.ts";
import type { Certificates, ShownCertificate } from "./certificate-schema.ts";
import { certificatesOf, keyKind, oneLine } from "./check.ts";

/** Certificates in words, never with a key. Pure. */

/** `DNS:tel.example.org, IP Address:192.0.2.100` as a list. */
const altNames = (text: string | undefined): string[] =>
  (text ?? "")
    .split(", ")
    .map((name) => name.replace(/^(DNS|IP Address):/, ""))
    .filter((name) => name !== "");

/** @throws Error when the text has none */
export function shownOf({
  kind,
  certificate,
}: Omit<KeptCertificate, "kind" | "key"> & { kind: string }): ShownCertificate {
  const one = new X509Certificate(certificate);
  return {
    kind,
    subject: oneLine(one.subject ?? ""),
    issuer: oneLine(one.issuer),
    names: altNames(one.subjectAltName),
    from: one.validFromDate.toISOString(),
    until: one.validToDate.toISOString(),
    fingerprint: fingerprintIn(one),
    key: keyKind(one.publicKey),
    chain: certificatesOf(certificate)
      .slice(1)
      .map(({ subject }) => oneLine(subject)),
  };
}

/** What each node says that browsers get there. */
export const nodesShown = (nodes: readonly Host[], news: readonly PeerNews[]): Certificates["nodes"] =>
  nodes.flatMap(({ name }) => {
    const found = news.find(({ report }) => report.host === name);
    if (!found) return [];
    const { web } = found.report;
    return [
      {
        node: name,
        heard_ms_ago: Math.round(found.ageMs),
        kind: web?.kind ?? null,
        fingerprint: web?.fingerprint ?? null,
        until: web ? new Date(web.ends).toISOString() : null,
        problem: web?.problem ?? null,
      },
    ];
  });
