import type { HostContext } from "../cluster/facts.ts";
import { webhookKey } from "../cluster/secrets.ts";
import { HttpClient } from "../http/client.ts";
import { signature } from "../http/signature.ts";
import { type AlertMessage, emailText, webhookBody } from "./message.ts";

/** One way to people. */
export interface Channel {
  name: string;
  /** One attempt. @throws Error that says what went wrong. */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
}

const deadlineMs = 15_000;

/** Signed, so that a receiver knows who sent it. */
const webhook = (name: string, url: string, key: string): Channel => ({
  name: `webhook ${name}`,
  async send(message, signal) {
    const { origin, host, pathname, search } = new URL(url);
    const text = webhookBody(message);
    await using client = new HttpClient({ name: host, origin });
    const { status } = await client.ask({
      method: "POST",
      path: pathname + search,
      text,
      headers: {
        "content-type": "application/json",
        ...signature(key, message.id, new Date(), text),
      },
      deadlineMs,
      signal,
    });
    if (status < 200 || status > 299) throw new Error(`${host} answered ${status}`);
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
