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
  database: z.strictObject({ app: secret, sst: secret, monitor: secret }),
  /** A private certificate authority of this cluster and one certificate for all its hosts. */
  tls: z.strictObject({ ca: pem, ca_key: pem, cert: pem, key: pem }),
});

export type Secrets = z.infer<typeof secretsSchema>;
