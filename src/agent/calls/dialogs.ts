import { isIPv6 } from "node:net";
import { hostIn } from "../../base/host-in.ts";
import { callIdOf } from "../../components/rtpengine/control.ts";

/**
 * What is known of an answered, relayed call, so that a third party can end it: sip/media.cfg writes it into the
 * table `dlg` of both nodes under the name of its session, one line of escaped fields separated by '|'. Pure.
 */

interface Side {
  /** Its address as the other side knows it, with its tag. */
  uri: string;
  tag: string;
  contact: string;
  /** Where its packets come from. */
  /** ws: a browser, at the port of HAProxy on the node that has its connection. */
  transport: "udp" | "tcp" | "ws";
  address: string;
  port: number;
  /** Route set of a request to it (RFC 3261 12.1), as one header's value; empty: none. */
  routes: string;
}

export interface Dialog {
  /** The relay's name of it. */
  session: string;
  callId: string;
  caller: Side;
  callee: Side;
  /** Seconds since 1970 with microseconds, as in Record-Route; empty: unknown. */
  started: string;
  origin: string;
  rule: string;
}

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const source = (text: string): Pick<Side, "transport" | "address" | "port"> | undefined => {
  const match = /^(udp|tcp|ws):\[?([0-9a-f.:]+?)\]?:(\d+)$/i.exec(text);
  if (!match) return undefined;
  const given = (match[1] ?? "").toLowerCase();
  const transport = given === "tcp" || given === "ws" ? given : "udp";
  return { transport, address: match[2] ?? "", port: Number(match[3]) };
};

/** @throws Error when the line has another form. */
export function parseDialog(session: string, line: string): Dialog {
  const fields = line.split("|");
  const at = (index: number) => unescaped(fields[index] ?? "");
  const [callerAt, calleeAt] = [source(at(5)), source(at(8))];
  if (fields.length !== 13 || !callerAt || !calleeAt)
    throw new Error(`the dialog of call ${session} is not known in a form that helps: ${line.slice(0, 200)}`);
  return {
    session,
    callId: callIdOf(session),
    caller: { uri: at(0), tag: fields[1] ?? "", contact: at(4), ...callerAt, routes: at(6) },
    callee: { uri: at(2), tag: fields[3] ?? "", contact: at(7), ...calleeAt, routes: at(9) },
    started: at(10),
    origin: at(11),
    rule: at(12),
  };
}

/**
 * Higher than any CSeq that the sides themselves have used (RFC 3261 12.2.1.1 wants it to grow, 8.1.1.5 keeps it below
 * 2^31): nothing follows a BYE.
 */
const lastCseq = 2_000_000_001;

/**
 * Parameters of Kamailio's RPC `tm.t_uac_start` for a BYE to one side, as if from the other: method, request URI, next
 * hop, socket, headers, body.
 */
export function byeTo(
  which: "caller" | "callee",
  dialog: Dialog,
  service: { address: string; address6?: string | undefined; port: number },
  reason: string,
): [string, string, string, string, string, string] {
  const to = dialog[which];
  const from = dialog[which === "caller" ? "callee" : "caller"];
  // A TCP client listens nowhere: its connection is found by its source, else by its Contact.
  const hop = `sip:${hostIn(to.address)}:${to.port};transport=${to.transport}`;
  const headers = [
    `From: <${from.uri}>;tag=${from.tag}`,
    `To: <${to.uri}>;tag=${to.tag}`,
    `Call-ID: ${dialog.callId}`,
    `CSeq: ${lastCseq} BYE`,
    "Max-Forwards: 70",
    ...(to.routes === "" ? [] : [`Route: ${to.routes}`]),
    `Reason: ${reason}`,
  ];
  const own = isIPv6(to.address) && service.address6 !== undefined ? service.address6 : service.address;
  // A browser's connection is at none of the telephones' sockets: Kamailio finds it.
  const socket = to.transport === "ws" ? "." : `${to.transport}:${hostIn(own)}:${service.port}`;
  return ["BYE", to.contact || hop, hop, socket, `${headers.join("\r\n")}\r\n`, ""];
}
