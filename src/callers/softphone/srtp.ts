import { randomBytes } from "node:crypto";
import { RtpHeader, SrtpSession } from "werift";

/** SRTP (RFC 3711) of a test telephone, keyed by SDP (SDES, RFC 4568): AES_CM_128_HMAC_SHA1_80 and nothing else. */

export const suite = "AES_CM_128_HMAC_SHA1_80";
/** Its number in RFC 5764 4.1.2, by which the library knows it. */
const profile = 1;
const keyBytes = 16;

export interface Crypto {
  /** Which of the offered lines an answer is for (RFC 4568 4.1). */
  tag: string;
  /** Master key and salt, as in `inline:`. */
  key: string;
}

/** The line of a description's `a=crypto` that this telephone can use; undefined: plain RTP, or none fits. Pure. */
export function parseCrypto(body: string): Crypto | undefined {
  const match = new RegExp(`^a=crypto:(\\d+) ${suite} inline:([A-Za-z0-9+/=]+)`, "m").exec(body);
  return match ? { tag: match[1] ?? "", key: match[2] ?? "" } : undefined;
}

/** One side's keys: its own for its whole life, the other's as its description says. */
export class Srtp {
  readonly own = randomBytes(keyBytes + 14);
  private remote = "";
  private session: SrtpSession | undefined;

  /** `a=crypto` of our offer, or of the answer to the line `tag`. */
  line(tag = "1"): string {
    return `a=crypto:${tag} ${suite} inline:${this.own.toString("base64")}`;
  }

  /** The other side's key; the same again changes nothing (the packets' count goes on). */
  use(key: string): void {
    if (key === this.remote) return;
    this.remote = key;
    const other = Buffer.from(key, "base64");
    const part = (all: Buffer) => [all.subarray(0, keyBytes), all.subarray(keyBytes, keyBytes + 14)] as const;
    const [localMasterKey, localMasterSalt] = part(this.own);
    const [remoteMasterKey, remoteMasterSalt] = part(other);
    const keys = { localMasterKey, localMasterSalt, remoteMasterKey, remoteMasterSalt };
    this.session = new SrtpSession({ keys, profile });
  }

  /** Undefined before the other side's key is known. */
  seal(packet: Buffer): Buffer | undefined {
    return this.session?.encrypt(packet.subarray(12), RtpHeader.deSerialize(packet));
  }

  /** Undefined when it is not from who has the key. */
  unseal(packet: Buffer): Buffer | undefined {
    try {
      return this.session?.decrypt(packet);
    } catch {
      // Not authentic: such a packet counts as not received.
      return undefined;
    }
  }
}
