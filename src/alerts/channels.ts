import { createHmac } from "node:crypto";
import { request } from "undici";
import type { HostContext } from "../cluster/facts.ts";
import { webhookKey } from "../cluster/secrets.ts";
import { type AlertMessage, emailText, webhookBody } from "./message.ts";

/** One way to people. */
export interface Channel {
  name: string;
  /** One attempt. @throws Error that says what went wrong. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

const deadlineMs = 15_000;

/**
 * Headers of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, so that a receiver knows who
 * sent it, and that it is neither changed nor old.
 */
export function webhookHeaders(
  key: string,
  id: string,
  seconds: number,
  body: string,
): Record<string, string> {
  const secret = Buffer.from(key.replace(/^whsec_/, ""), "base64");
  const signature = createHmac("sha256", secret).update(`${id}.${seconds}.${body}`).digest("base64");
  return {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
  };
}

const webhook = (name: string, url: string, key: string): Channel => ({
  name: `webhook ${name}`,
  async send(message, signal) {
    const body = webhookBody(message);
    const headers = webhookHeaders(key, message.id, Math.floor(Date.now() / 1000), body);
    const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const response = await request(url, { method: "POST", headers, body, signal: limit });
    await response.body.dump();
    if (response.statusCode < 200 || response.statusCode > 299)
      throw new Error(`${new URL(url).host} answered ${response.statusCode}`);
  },
});

function email({ cluster, secrets }: HostContext): Channel[] {
  const settings = cluster.alerts.email;
  if (!settings) return [];
  const { server, port, security, user } = settings;
  return [
    {
      name: "e-mail",
      async send(message) {
        // Loaded only where it is used: an agent is small.
        const { createTransport } = await import("nodemailer");
        const transport = createTransport({
          host: server,
          port,
          secure: security === "tls",
          requireTLS: security === "starttls",
          ignoreTLS: security === "none",
          connectionTimeout: deadlineMs,
          greetingTimeout: deadlineMs,
          socketTimeout: deadlineMs,
          ...(user === undefined ? {} : { auth: { user, pass: secrets.alerts?.smtp_password ?? "" } }),
        });
        try {
          await transport.sendMail({
            from: settings.from,
            to: settings.to,
            ...emailText(message),
            messageId: `<${message.id}@${settings.from.split("@")[1]}>`,
            headers: { "Auto-Submitted": "auto-generated" },
          });
        } finally {
          transport.close();
        }
      },
    },
  ];
}

/** The channels that cluster.yaml names. */
export const channelsOf = (context: HostContext): Channel[] => [
  ...email(context),
  ...Object.entries(context.cluster.alerts.webhooks).map(([name, { url }]) =>
    webhook(name, url, webhookKey(context.secrets, name)),
  ),
];
