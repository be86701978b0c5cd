import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { SMTPServer } from "smtp-server";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, test } from "vitest";
import { hostOf } from "../../test/support/host.ts";
import type { HostContext } from "../cluster/facts.ts";
import { renderClusterYaml } from "../cluster/init.ts";
import { parseYaml } from "../cluster/load.ts";
import { clusterSchema } from "../cluster/schema.ts";
import type { Secrets } from "../cluster/secrets.ts";
import { channelsOf } from "./channels.ts";
import type { AlertMessage } from "./message.ts";

/** Real servers on loopback; closed after each test. */
const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const yaml = renderClusterYaml({
  cluster: "tel",
  serviceAddress: "192.0.2.100/24",
  upstream: [],
  hosts: [
    { name: "a", role: "node", address: "192.0.2.11", interface: "eth0" },
    { name: "b", role: "node", address: "192.0.2.12", interface: "eth0" },
    { name: "w", role: "witness", address: "192.0.2.13", interface: "eth0" },
  ],
});

function contextWith(alerts: string, secrets: Partial<Secrets> = {}): HostContext {
  const cluster = parseYaml(`${yaml}\nalerts:\n${alerts}`, "cluster.yaml", clusterSchema);
  return hostOf(cluster, "a", "/nowhere", secrets);
}

const message: AlertMessage = {
  id: "tel-a-1-1",
  cluster: "tel",
  host: "a",
  time: Date.parse("2026-11-21T05:00:00Z"),
  test: false,
  changes: [
    { what: "over", key: "x", severity: "warning", title: "was wrong", text: "…", sinceMs: 90_000 },
    {
      what: "raised",
      key: "nobody-holds",
      severity: "critical",
      sinceMs: 3000,
      title: "Nobody answers calls\nInjected: header",
      text: "See the hosts.",
    },
  ],
  open: ["the disk of b is nearly full"],
};
const signal = new AbortController().signal;

describe("e-mail", () => {
  async function smtp(options: { password?: string } = {}) {
    const mails: { to: string[]; text: string; user: string | undefined }[] = [];
    const server = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      authOptional: options.password === undefined,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) =>
        password === options.password
          ? done(null, { user: username ?? "" })
          : done(new Error("535 wrong password")),
      onData: (stream, session, done) => {
        stream.toArray().then((chunks) => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({
            to,
            text: Buffer.concat(chunks).toString(),
            user: session.user as string | undefined,
          });
          done();
        }, done);
      },
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    closing.push(() => void server.close(() => {}));
    const { port } = server.server.address() as { port: number };
    return { mails, port };
  }
  const settings = (port: number, more = "") =>
    `  email: { to: [ops@example.org, night@example.org], from: tel@example.org, server: 127.0.0.1, port: ${port}, security: none${more} }\n`;

  test("reaches a real SMTP server, the worst first in the subject, nothing injected", async () => {
    const { mails, port } = await smtp();
    const [channel] = channelsOf(contextWith(settings(port)));
    await channel?.send(message, signal);
    expect(mails).toHaveLength(1);
    expect(mails[0]?.to).toEqual(["ops@example.org", "night@example.org"]);
    const [head = "", ...body] = mails[0]?.text.split("\r\n\r\n") ?? [];
    expect(head.replace(/\r\n /g, " ")).toMatch(
      /^Subject: \[tel\] CRITICAL: Nobody answers calls Injected: header \(and 1 more\)$/m,
    );
    expect(head).not.toMatch(/^Injected:/m);
    expect(head).toContain("Message-ID: <tel-a-1-1@example.org>");
    expect(body.join("\n").replaceAll("=\r\n", "")).toContain("Still open: the disk of b is nearly full");
  });

  test("logs in with the password of the secrets; a wrong one is told without itself", async () => {
    const { mails, port } = await smtp({ password: "right" });
    const good = contextWith(settings(port, ", user: tel"), { alerts: { smtp_password: "right" } });
    await channelsOf(good)[0]?.send(message, signal);
    expect(mails[0]?.user).toBe("tel");
    const bad = contextWith(settings(port, ", user: tel"), { alerts: { smtp_password: "hunter2hunter2" } });
    const error = await channelsOf(bad)[0]
      ?.send(message, signal)
      .catch((problem: unknown) => String(problem));
    expect(error).toMatch(/Invalid login/);
    expect(error).not.toContain("hunter2");
  });

  test("starttls refuses a server that can not", async () => {
    const { mails, port } = await smtp();
    const context = contextWith(settings(port).replace("security: none", "security: starttls"));
    await expect(channelsOf(context)[0]?.send(message, signal)).rejects.toThrow();
    expect(mails).toEqual([]);
  });
});

describe("webhook", () => {
  async function receiver(status = 200) {
    const got: { headers: Record<string, string>; body: string }[] = [];
    const server = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        got.push({
          headers: request.headers as Record<string, string>,
          body: Buffer.concat(chunks).toString(),
        });
        response.statusCode = status;
        response.end();
      });
    });
    await new Promise<void>((resolve) => {
      server.listen(0, "127.0.0.1", resolve);
    });
    closing.push(() => void server.close());
    return { got, port: (server.address() as { port: number }).port };
  }
  const key = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const context = (port: number) =>
    contextWith(`  webhooks: { pager: { url: "http://127.0.0.1:${port}/hook" } }\n`, {
      alerts: { webhooks: { pager: key } },
    });

  test("the signature is good for the standard's own library, and not after a change", async () => {
    const { got, port } = await receiver();
    await channelsOf(context(port))[0]?.send(message, signal);
    const [{ headers, body }] = got as [(typeof got)[number]];
    expect(new Webhook(key).verify(body, headers)).toMatchObject({
      type: "dialtone.alert",
      data: {
        cluster: "tel",
        changes: [{ what: "over" }, { what: "raised", since: "2026-11-21T04:59:57.000Z" }],
      },
    });
    expect(() => new Webhook(key).verify(body.replace("over", "else"), headers)).toThrow();
    // And by hand, as somebody without the library would check it.
    const signed = `${message.id}.${headers["webhook-timestamp"]}.${body}`;
    const hmac = createHmac("sha256", Buffer.alloc(32, 7)).update(signed).digest("base64");
    expect(headers).toMatchObject({ "webhook-id": message.id, "webhook-signature": `v1,${hmac}` });
  });

  test("an answer other than 2xx is a failure", async () => {
    const { port } = await receiver(500);
    await expect(channelsOf(context(port))[0]?.send(message, signal)).rejects.toThrow(/answered 500/);
  });
});
