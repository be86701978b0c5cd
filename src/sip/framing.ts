import type { Buffer as Bytes } from "node:buffer";

/** Where a message ends: RFC 3261 18.3, and the keep-alives of RFC 5626 4.4.1. Pure but for the rest of a stream. */

const longestHead = 64 * 1024;
const longestBody = 1024 * 1024;

const bodyBytes = (head: string): number | undefined => {
  const length = /\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)/i.exec(head)?.[1];
  return length === undefined ? undefined : Number(length);
};

/**
 * The message in a datagram; undefined: there is none, or less of it than its Content-Length says. What follows the body
 * is not looked at.
 */
export function messageIn(datagram: Bytes, encoding: BufferEncoding = "utf8"): string | undefined {
  if (datagram.every((byte) => byte === 13 || byte === 10 || byte === 0)) return undefined;
  const end = datagram.indexOf("\r\n\r\n");
  if (end < 0) return datagram.toString(encoding);
  const length = bodyBytes(datagram.toString("latin1", 0, end));
  const whole = end + 4 + (length ?? datagram.length - end - 4);
  return whole > datagram.length ? undefined : datagram.toString(encoding, 0, whole);
}

/**
 * Cuts a stream into messages by Content-Length. `onPing`: an empty line twice came between messages, which wants one
 * back. @returns takes the next bytes; false: this can not be a stream of SIP, it has to be closed
 */
export function framer(onMessage: (text: string) => void, onPing: () => void): (chunk: Bytes) => boolean {
  let rest: Bytes = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      while (rest[0] === 13 && rest[1] === 10) {
        // The other half of a keep-alive may still come.
        if (rest.length < 4 && "\r\n\r\n".startsWith(rest.toString("latin1"))) return true;
        const ping = rest[2] === 13 && rest[3] === 10;
        if (ping) onPing();
        rest = rest.subarray(ping ? 4 : 2);
      }
      const end = rest.indexOf("\r\n\r\n");
      if (end < 0) return rest.length <= longestHead;
      const length = bodyBytes(rest.toString("latin1", 0, end)) ?? 0;
      if (length > longestBody) return false;
      if (rest.length < end + 4 + length) return true;
      onMessage(rest.toString("utf8", 0, end + 4 + length));
      rest = rest.subarray(end + 4 + length);
    }
  };
}
