import { Webhook } from "standardwebhooks";

/**
 * Headers of a signed message, as Standard Webhooks want it (standardwebhooks.com), so that a receiver knows who sent it, and that it is
 * neither changed nor old.
 * @param key `whsec_…` @param id the message's own, the same when it is sent again
 */
export const signature = (key: string, id: string, at: Date, text: string): Record<string, string> => ({
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
  "webhook-signature": new Webhook(key).sign(id, at, text),
});
