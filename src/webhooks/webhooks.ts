import { documents } from "../entities/document.ts";
import { type Webhook, webhookSchema } from "./webhook-schema.ts";

const wantsRinging = (hook: Webhook | undefined): number =>
  hook?.enabled && hook.events.includes("call.ringing") ? 1 : 0;

export const webhooks = documents({
  kind: "webhook",
  table: "webhooks",
  path: "webhooks",
  tag: "call status",
  schema: webhookSchema,
  key: webhookSchema.shape.name,
  /** How many want to be told when it rings. */
  index: {
    empty: 0,
    changed: (count, before, after) => count - wantsRinging(before) + wantsRinging(after),
  },
  replace: webhookSchema.partial({ name: true }),
});
