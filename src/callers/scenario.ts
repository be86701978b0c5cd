/**
 * What SIPp scenarios (sipp.readthedocs.io, "Create your own XML scenarios") are made of. Pure. SIPp 3.6.1 is the stock SIP
 * client of the lab; it knows nothing of Dialtone.
 *
 * Branches and tags are made of [call_number] and a run id, never of SIPp's own message index, so that ACK and
 * CANCEL can name the transaction of their INVITE (RFC 3261 9.1, 17.1.1.3) wherever they stand in the scenario.
 */

const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (char) => `&#${char.charCodeAt(0)};`).replaceAll("]]>", "");

/** Values that stand inside SIPp's CDATA, where brackets are keywords: refuse rather than guess. */
export function plain(what: string, value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value) || /[[\]<>"]/.test(value))
    throw new Error(`${what} '${value}' can not be used by the test caller: no blanks, brackets or quotes`);
  return value;
}

export const message = (lines: string[], body?: string[]): string =>
  `<![CDATA[\n\n${[...lines, ...(body ? ["Content-Type: application/sdp"] : []), "Content-Length: [len]", "", ...(body ?? [])].join("\n")}\n\n]]>`;

export const sdp = [
  "v=0",
  "o=caller 1 1 IN IP[local_ip_type] [local_ip]",
  "s=-",
  "c=IN IP[media_ip_type] [media_ip]",
  "t=0 0",
  "m=audio [media_port] RTP/AVP 0 101",
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:101 telephone-event/8000",
];

export const scenario = (name: string, steps: string[]): string =>
  `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n<scenario name="${escapeXml(name)}">\n${steps.join("\n")}\n</scenario>\n`;

export const via = (branch: string) =>
  `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=z9hG4bK-${branch};rport`;

/** A reply to the last request, without a tag of our own (in-dialog requests bring it). */
export const reply = (status: string, extra: string[] = [], body?: string[]): string =>
  message(
    [
      `SIP/2.0 ${status}`,
      "[last_Via:]",
      "[last_Record-Route:]",
      "[last_From:]",
      "[last_To:]",
      "[last_Call-ID:]",
      "[last_CSeq:]",
      ...extra,
    ],
    body,
  );
