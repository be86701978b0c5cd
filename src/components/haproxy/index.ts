import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import type { HostContext } from "../../cluster/facts.ts";
import { hostsCertificate, type WebCertificate, webCertificateOf } from "../../cluster/web-certificate.ts";
import type { Component, Health } from "../common/component.ts";
import { askHaproxy, bundleOf } from "./admin.ts";
import { authorityFile, certificateFile, configFile, folder, haproxyConfig } from "./config.ts";

async function probe(context: HostContext, signal: AbortSignal): Promise<Health> {
  const said = await askHaproxy(context, "show info", signal);
  const connections = /^CurrConns: (\d+)$/m.exec(said)?.[1];
  return connections === undefined
    ? { ok: false, detail: `answers 'show info' with ${said.slice(0, 60)}` }
    : { ok: true, detail: `answers, ${connections} connections` };
}

/** What it starts with the next time. */
export async function writeCertificate(context: HostContext, certificate: WebCertificate): Promise<void> {
  await writeFileAtomic(certificateFile(context), bundleOf(certificate), { mode: 0o600 });
}

/** HAProxy: TLS, HTTPS and WebSockets for browsers. Telephones do not need it, so that it never moves the address. */
export const haproxy: Component = {
  name: "haproxy",
  directories: (context) => [
    { path: folder(context), mode: 0o700 },
    { path: join(context.dirs.run, "haproxy"), mode: 0o755 },
  ],
  // Not the certificate: another one is no reason to start it again (agent/chores/web-certificate.ts).
  files: (context) => [
    { path: configFile(context), content: haproxyConfig(context), mode: 0o600 },
    { path: authorityFile(context), content: context.secrets.tls.ca },
  ],
  async prepare(context) {
    // One that can not be used is told of by who gives HAProxy the next.
    const certificate = await webCertificateOf(context).catch(() => hostsCertificate(context.secrets));
    await writeCertificate(context, certificate);
    return [];
  },
  // In the foreground, as root until its sockets are open.
  command: (context) => ({ argv: ["haproxy", "-db", "-f", configFile(context)] }),
  probe,
  probeEveryMs: 1000,
  probeDeadlineMs: 1000,
  // Browsers' telephones are not reached while it hangs; their calls talk on.
  sickAfterMs: 3000,
  startTimeoutMs: 10_000,
  killAfterMs: 0,
  stopGraceMs: 1000,
};
