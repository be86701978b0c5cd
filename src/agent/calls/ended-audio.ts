import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { messageOf } from "../../base/message.ts";
import {
  type HostContext,
  ports,
  runFiles,
  servesAtOwnAddress,
  serviceIp,
  serviceIp6,
} from "../../cluster/facts.ts";
import { mediaTimeoutPath } from "../../cluster/secrets.ts";
import { kamailioRpc } from "../../components/kamailio/rpc.ts";
import { callIdOf, knowsSession, sessionsListed } from "../../components/rtpengine/control.ts";
import { holdsServiceAddress } from "../../host/held-address.ts";
import { askSocket } from "../../http/socket.ts";
import { byeTo, type Dialog, parseDialog } from "./dialogs.ts";

/**
 * Ends calls whose audio has ended: rtpengine says so (XML-RPC `teardown` with the Call-ID, rtpengine(1) --b2b-url),
 * the app notes it in the journal, Kamailio sends a BYE to both sides. docs/decisions/0011-ended-audio.md
 */

type Tell = (subject: string, text: string) => void;

const deadlineMs = 2000;
const retryMs = 2000;
/** An app that is away for longer has more to catch up than this: the record is then closed by the call's longest time. */
const retries = 150;
const watchEveryMs = 5000;
const maxBodyBytes = 64 * 1024;

/** The session in rtpengine's XML-RPC request, which it calls a Call-ID; undefined: another request. Pure. */
export function teardownSession(xml: string): string | undefined {
  if (!xml.includes("<methodName>teardown</methodName>")) return undefined;
  const text = /<string>([^<]*)<\/string>/.exec(xml)?.[1];
  return text
    ?.replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}

/** The same event from whoever reports it, so that the ledger has it once (RFC 9562, version 8). Pure. */
export function endEventId(session: string): string {
  const hex = createHash("sha256").update(`media-timeout\u0000${session}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The end of the call as an event for its record. Pure. */
export const endEvent = (dialog: Dialog, node: string, at: Date) => ({
  v: 1,
  id: endEventId(dialog.session),
  kind: "end",
  call_id: dialog.callId,
  from_tag: dialog.caller.tag,
  to_tag: dialog.callee.tag,
  time: at.toISOString(),
  node,
  ...(/^[a-z][a-z0-9-]*$/.test(dialog.origin) ? { origin: dialog.origin } : {}),
  ...(/^\d+\.\d+$/.test(dialog.started)
    ? { started: new Date(Math.floor(Number(dialog.started) * 1000)).toISOString() }
    : {}),
  method: "",
  code: 0,
  reason: "media-timeout",
  from: dialog.caller.uri.slice(0, 512),
  to: dialog.callee.uri.slice(0, 512),
  rule: dialog.rule.slice(0, 512),
});

/** A row of one of Kamailio's tables; undefined: there is none. */
async function rowOf(context: HostContext, table: string, key: string): Promise<string | number | undefined> {
  try {
    const [entry] = await kamailioRpc(context, "htable.get", [table, key], AbortSignal.timeout(deadlineMs));
    const item = typeof entry === "object" && !Array.isArray(entry) ? entry.item : undefined;
    const value = typeof item === "object" && !Array.isArray(item) ? item.value : undefined;
    return typeof value === "string" || typeof value === "number" ? value : undefined;
  } catch (error) {
    if (/^Kamailio says:/.test(messageOf(error))) return undefined;
    throw error;
  }
}

/** undefined: a call that was never answered, or has ended. Its row stays a moment longer than it (sip/media.cfg). */
async function findDialog(context: HostContext, session: string): Promise<Dialog | undefined> {
  const row = await rowOf(context, "dlg", session);
  if (typeof row !== "string" || row === "") return undefined;
  return (await rowOf(context, "over", session)) === undefined ? parseDialog(session, row) : undefined;
}

/** Sessions whose calls are being ended: rtpengine's word and the look around can come together. */
const ending = new Set<string>();

async function endOnce(context: HostContext, session: string, tell: Tell, quiet: boolean): Promise<void> {
  if (ending.has(session)) return;
  ending.add(session);
  try {
    await endCall(context, session, tell, quiet);
  } catch (error) {
    tell(session, messageOf(error));
  } finally {
    ending.delete(session);
  }
}

/**
 * Looks for calls that rtpengine has given up without our hearing of it: it tells each one once, for a second, and we
 * may have been away. Made for the holder of the service address; forgets what it knew when `look` has not been called
 * for a while.
 */
export class AudioWatch {
  private readonly context: HostContext;
  private readonly tell: Tell;
  private known: ReadonlySet<string> = new Set();
  private lookedAt = Number.NEGATIVE_INFINITY;
  private looking = false;

  constructor(context: HostContext, tell: Tell) {
    this.context = context;
    this.tell = tell;
  }

  /** Call it often; looks every 5 s. */
  async look(): Promise<void> {
    const now = performance.now();
    const since = now - this.lookedAt;
    if (this.looking || since < watchEveryMs) return;
    this.looking = true;
    try {
      const sessions = await sessionsListed("all", AbortSignal.timeout(deadlineMs));
      const gone = since > 2 * watchEveryMs ? [] : [...this.known].filter((one) => !sessions.has(one));
      this.known = sessions;
      this.lookedAt = now;
      // Most have simply been hung up, and Kamailio does not know them any more.
      // A list can be cut off; only rtpengine's plain "unknown" ends a call.
      for (const session of gone)
        if (!(await knowsSession(session, AbortSignal.timeout(deadlineMs))))
          await endOnce(this.context, session, this.tell, true);
    } catch (error) {
      this.tell("sessions", messageOf(error));
      this.lookedAt = now;
      this.known = new Set();
    } finally {
      this.looking = false;
    }
  }
}

/** First the record, which must not be lost, then the BYEs, which the sides can do without. */
async function endCall(context: HostContext, session: string, tell: Tell, quiet: boolean): Promise<void> {
  const dialog = await findDialog(context, session);
  if (!dialog) {
    // A telephone that rang beside others and was silent to the end has a session, too.
    if (!quiet && callIdOf(session) === session)
      tell(session, "its audio has ended; the call is not, or no longer, known here");
    return;
  }
  const at = new Date();
  tell(dialog.callId, "neither side sends audio any more: ending the call");
  const { cluster, self } = context;
  const ownCall = servesAtOwnAddress(cluster) && !holdsServiceAddress(context);
  const service = {
    address: ownCall ? self.address : serviceIp(cluster),
    address6: serviceIp6(cluster),
    port: cluster.sip.port,
  };
  const byes = (["caller", "callee"] as const).map((side) =>
    kamailioRpc(
      context,
      "tm.t_uac_start",
      byeTo(side, dialog, service, 'SIP;cause=200;text="no audio"'),
      AbortSignal.timeout(deadlineMs),
    ).catch((error: unknown) => tell(dialog.callId, `BYE to the ${side}: ${messageOf(error)}`)),
  );
  await note(context, dialog, at, tell);
  await Promise.all(byes);
  await kamailioRpc(context, "htable.delete", ["dlg", session], AbortSignal.timeout(deadlineMs));
}

async function note(context: HostContext, dialog: Dialog, at: Date, tell: Tell): Promise<void> {
  const body = endEvent(dialog, context.self.name, at);
  for (let attempt = 1; ; attempt++)
    try {
      await askSocket(runFiles(context.dirs).appSocket, "POST", "/v1/calls/events", { body, deadlineMs });
      return;
    } catch (error) {
      if (attempt === 1)
        tell(dialog.callId, `the app does not take the end of the call yet: ${messageOf(error)}`);
      if (attempt > retries) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
}

const answer = `<?xml version="1.0"?>\r\n<methodResponse><params><param><value><string>OK</string></value></param></params></methodResponse>\r\n`;

/** Listens on loopback for rtpengine; only the holder of the service address believes it. @throws Error when the port is taken. */
export async function listenForEndedAudio(
  context: HostContext,
  holds: () => boolean,
  tell: Tell,
): Promise<() => Promise<void>> {
  const path = mediaTimeoutPath(context.secrets);
  const server: Server = createServer((request, response) => {
    if (request.url !== path || request.method !== "POST") {
      response.writeHead(404).end();
      return;
    }
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > maxBodyBytes) request.destroy();
    });
    request.on("end", () => {
      response.writeHead(200, { "content-type": "text/xml" }).end(answer);
      const session = teardownSession(text);
      if (session === undefined) tell("unknown", `rtpengine sent something else: ${text.slice(0, 200)}`);
      // A former holder's relay hears nothing of calls that go on at the other node.
      else if (holds()) void endOnce(context, session, tell, false);
    });
    request.on("error", (error) => tell("unknown", error.message));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: "127.0.0.1", port: ports.mediaTimeout }, resolve);
  });
  return async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
}
