import { z } from "zod";

/** The part `alerts` of cluster.yaml: who is told when something is wrong. */

const address = z
  .string()
  .regex(/^[^\s@<>]+@[^\s@<>]+$/, "must be an e-mail address such as ops@example.org");

export const alertsSchema = z
  .strictObject({
    /** Something that lasts is told again after so many hours; 0: never. */
    repeat_hours: z.number().min(0).max(720).default(6),
    /** What harms callers is told after so long, so that a takeover of a moment wakes nobody up. */
    critical_after_s: z.number().min(0).max(3600).default(3),
    /** What only lacks a safety net is told after so long. */
    warning_after_s: z.number().min(0).max(86_400).default(60),
    /** Told as over when it has been gone for so long. */
    clear_after_s: z.number().min(3).max(3600).default(30),
    /** At most so many messages an hour; what is more waits and comes together in one. */
    max_per_hour: z.int().min(1).max(1000).default(20),
    /** By SMTP. The password is `alerts.smtp_password` in cluster.secrets.yaml. */
    email: z
      .strictObject({
        to: z.array(address).min(1),
        from: address,
        /** Name or address of the SMTP server; better one that does not need this cluster. */
        server: z.string().min(1),
        port: z.int().min(1).max(65_535).default(587),
        /** `starttls` and `tls` refuse a server without it; `none` sends in the clear. */
        security: z.enum(["starttls", "tls", "none"]).default("starttls"),
        user: z.string().min(1).optional(),
      })
      .optional(),
    /** HTTP POST of JSON. The signing key of each is `alerts.webhooks.NAME` in cluster.secrets.yaml. */
    webhooks: z
      .record(
        z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, "must be of a-z, 0-9 and '-', beginning with a letter"),
        z.strictObject({ url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }) }),
      )
      .default({}),
  })
  .prefault({});
