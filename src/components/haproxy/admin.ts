import { connect as connectSocket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { HostContext } from "../../cluster/facts.ts";
import { fingerprintIn, type WebCertificate } from "../../cluster/web-certificate.ts";
import { adminSocket, certificateFile } from "./config.ts";

/** What a running HAProxy is asked and told. */

/** One command to its admin socket: it answers and closes. @throws Error */
export function askHaproxy(context: HostContext, command: string, signal: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connectSocket({ path: adminSocket(context), signal });
  let said = "";
  socket.setEncoding("utf8");
  socket.on("connect", () => socket.end(`${command}\n`));
  socket.on("data", (text: string) => {
    said += text;
  });
  socket.on("end", () => resolve(said));
  socket.on("error", reject);
  return promise;
}

/** As HAProxy reads it from a file or a socket, where an empty line is the end. Pure. */
export const bundleOf = ({ certificate, key }: Omit<WebCertificate, "kind">): string =>
  `${certificate}\n${key}\n`.replace(/\r/g, "").replace(/\n\s*\n/g, "\n");

/**
 * Gives the running HAProxy another certificate: new connections get it, those that are open stay as they are
 * (management guide 2.6, 9.3: `set ssl cert`). What it says may name the file, and never has a key in it.
 * @throws Error with its words; then it goes on with the one before
 */
export async function replaceCertificate(
  context: HostContext,
  certificate: WebCertificate,
  signal: AbortSignal,
): Promise<void> {
  const file = certificateFile(context);
  const set = await askHaproxy(context, `set ssl cert ${file} <<\n${bundleOf(certificate)}`, signal);
  if (!/Transaction (created|updated)/.test(set))
    throw new Error(`HAProxy does not take the certificate: ${set.trim()}`);
  const done = await askHaproxy(context, `commit ssl cert ${file}`, signal);
  if (/Success/.test(done)) return;
  await askHaproxy(context, `abort ssl cert ${file}`, signal);
  throw new Error(`HAProxy does not use the certificate: ${done.trim()}`);
}

/** The certificate that browsers get here now, found out as they do. */
export interface ShownCertificate {
  /** SHA-256, 64 hex digits. */
  fingerprint: string;
  /** ms since 1970. */
  ends: number;
}

/** @throws Error when nobody shows one */
export function shownCertificate(
  { cluster, self }: HostContext,
  signal: AbortSignal,
): Promise<ShownCertificate> {
  const { promise, resolve, reject } = Promise.withResolvers<ShownCertificate>();
  // Whoever it is from: it is looked at, and nothing is said.
  const socket = connectTls({
    host: self.address,
    port: cluster.web.port,
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
  });
  const end = () => socket.destroy(new Error("no answer in time"));
  signal.addEventListener("abort", end, { once: true });
  socket.on("secureConnect", () => {
    const found = socket.getPeerX509Certificate();
    if (found) resolve({ fingerprint: fingerprintIn(found), ends: found.validToDate.getTime() });
    else reject(new Error("no certificate is shown"));
    socket.end();
  });
  socket.on("error", reject);
  socket.on("close", () => signal.removeEventListener("abort", end));
  return promise;
}
