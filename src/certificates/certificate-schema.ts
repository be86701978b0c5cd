import { z } from "zod";

/** Certificates of the web door as the API shows and takes them: docs/certificates.md */

/** Longest text of certificates, or of a key: HAProxy takes no more at once than its buffer holds. */
export const longestPem = 15_000;

export const givenSchema = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .max(longestPem)
    .describe("PEM: the certificate itself first, behind it those of who issued it"),
  key: z.string().min(1).max(longestPem).describe("PEM, not encrypted; it is never shown again"),
});

const kind = z.string().describe("given, acme, generated, or hosts: the hosts' own, until there is another");

export const certificateSchema = z.object({
  kind,
  subject: z.string(),
  issuer: z.string(),
  names: z.array(z.string()).describe("names and addresses"),
  from: z.iso.datetime(),
  until: z.iso.datetime(),
  fingerprint: z.string().describe("SHA-256, 64 hex digits"),
  key: z.string().describe("its kind, e.g. EC prime256v1, RSA 2048"),
  chain: z.array(z.string()).describe("subjects of those behind it"),
});
export type ShownCertificate = z.infer<typeof certificateSchema>;

const acmeSchema = z.object({
  directory: z.string(),
  email: z.string().nullable(),
  state: z
    .enum(["good", "due", "ordering", "failed"])
    .describe("failed: the last order or step; it is tried again at `next_at`"),
  why: z.string().nullable().describe("why one is to be ordered; null: the one that is there is good"),
  failure: z.string().nullable(),
  next_at: z.iso.datetime().nullable().describe("nothing is done before"),
  renews_at: z.iso.datetime().nullable(),
  last_at: z.iso.datetime().nullable().describe("when the last order was over"),
  node: z.string().nullable().describe("that did the last step"),
});
export type AcmeShown = z.infer<typeof acmeSchema>;

const nodeSchema = z.object({
  node: z.string(),
  heard_ms_ago: z.number().int(),
  kind: z.string().nullable().describe("null: this node does not tell what browsers get there"),
  fingerprint: z.string().nullable(),
  until: z.iso.datetime().nullable(),
  problem: z.string().nullable(),
});

export const certificatesSchema = z.object({
  used: certificateSchema.describe("what browsers are to get, at every node"),
  given: certificateSchema.nullable(),
  acme: certificateSchema.nullable(),
  generated: certificateSchema.nullable(),
  names: z.array(z.string()).describe("under which browsers know the service: web.names of cluster.yaml"),
  nodes: z.array(nodeSchema),
  authority: acmeSchema.nullable().describe("null: cluster.yaml names none (web.acme)"),
});
export type Certificates = z.infer<typeof certificatesSchema>;
