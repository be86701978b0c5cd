import { createHmac } from "node:crypto";
import { z } from "zod";

/**
 * The shape of cluster.secrets.yaml: made by `dialtone init`, mode 0600, the same on every host,
 * never in version control, never on a command line or in a log.
 */
const secret = z.string().min(16);
const pem = z.string().startsWith("-----BEGIN ");

export const secretsSchema = z.strictObject({
  /** Bearer token of the HTTP API for people and programs. */
  api_token: secret,
  /** Bearer token between the hosts of the cluster. */
  peer_token: secret,
  /** Key of Kamailio's digest nonces: the same everywhere, so that a challenge of one node is good on the other. */
  nonce_secret: secret,
  /** Password of the redis that holds media sessions; a cluster that was made before there was one derives it. */
  redis: secret.optional(),
  /** Secret of the TSIG key for dynamic DNS updates (movers.dns), as `tsig-keygen` or `keymgr -t` print it. */
  dns_key: z.base64().min(16).optional(),
  /** An age key (age-keygen) for recordings at rest: `dialtone recordings keygen` makes one. */
  recording: z
    .strictObject({
      identity: z.string().regex(/^AGE-SECRET-KEY-1[0-9A-Z]+$/, "must be an age identity"),
      recipient: z.string().regex(/^age1[0-9a-z]+$/, "must be an age recipient"),
    })
    .optional(),
  /** Token with which a Prometheus reads /metrics; a cluster without one derives it. */
  metrics_token: secret.optional(),
  alerts: z
    .strictObject({
      /** Password of `alerts.email.user` at the SMTP server. */
      smtp_password: z.string().min(1).optional(),
      /** Signing key of a webhook by its name (Standard Webhooks); one that is missing is derived. */
      webhooks: z
        .record(
          z.string(),
          z
            .string()
            .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, "must be whsec_ and 24 to 64 bytes in base64"),
        )
        .optional(),
    })
    .optional(),
  /** By node: options of its fence devices that nobody else may read, e.g. `a: { password: … }`. */
  fencing: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  database: z.strictObject({ app: secret, sst: secret, monitor: secret }),
  /** A private certificate authority of this cluster and one certificate for all its hosts. */
  tls: z.strictObject({ ca: pem, ca_key: pem, cert: pem, key: pem }),
});

export type Secrets = z.infer<typeof secretsSchema>;

/** The same on every host, also where the secrets file is older than the media relay. */
export const redisPassword = (secrets: Secrets): string =>
  secrets.redis ?? createHmac("sha256", secrets.peer_token).update("redis").digest("base64url");

/** Part of the address at which rtpengine reports ended audio: other programs of the host do not know it. */
export const mediaTimeoutPath = (secrets: Secrets): string =>
  `/${createHmac("sha256", secrets.peer_token).update("media-timeout").digest("base64url")}`;

/** Key of what Kamailio seals (sip/seals.cfg): letters, digits, `-` and `_`. */
export const sealKey = (secrets: Secrets): string =>
  createHmac("sha256", secrets.peer_token).update("sip seals").digest("base64url");

/** What answers in the name of somebody whom nobody knows are checked with, so that they are wrong: 32 hex digits. */
export const nobodysHa1 = (secrets: Secrets): string =>
  createHmac("sha256", secrets.peer_token).update("nobody").digest("hex").slice(0, 32);

/** By what the apps know that a request comes through a HAProxy of the cluster: whose word for the client's address counts. */
export const webProxyKey = (secrets: Pick<Secrets, "peer_token">): string =>
  createHmac("sha256", secrets.peer_token).update("web proxy").digest("base64url");

/** May read the figures of hosts and nothing else. */
export const metricsToken = (secrets: Secrets): string =>
  secrets.metrics_token ?? createHmac("sha256", secrets.peer_token).update("metrics").digest("base64url");

/** What a FreeSWITCH host proves itself with to the apps: good for its questions and records, and nothing else. */
export const freeswitchToken = (secrets: Secrets, host: string): string =>
  createHmac("sha256", secrets.peer_token).update(`freeswitch ${host}`).digest("base64url");

/** Signing key of a webhook: `whsec_` and the bytes in base64 (standardwebhooks.com). */
export const webhookKey = (secrets: Secrets, name: string): string =>
  secrets.alerts?.webhooks?.[name] ??
  `whsec_${createHmac("sha256", secrets.peer_token).update(`webhook ${name}`).digest("base64")}`;

/** With it the first administrator is made, as long as there is none: it is in a link that is printed on the host only. */
export const firstAdministratorToken = (secrets: Secrets): string =>
  createHmac("sha256", secrets.peer_token).update("first administrator").digest("base64url");
