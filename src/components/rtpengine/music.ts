import { join } from "node:path";
import { type HostContext, ports, serviceIp } from "../../cluster/facts.ts";
import { NgClient, NgRefused } from "./ng.ts";

/**
 * What a caller hears who waits, before anybody has answered (early media, RFC 3960 3.1): this host's rtpengine plays a file to it,
 * in the caller's own codec. The other side of such a session is nobody: the discard port (RFC 863).
 */

/** The tune of this product's own (tune.ts), which rtpengine's files bring with them. */
export const tuneFile = ({ dirs }: HostContext): string => join(dirs.etc, "tune.wav");

/** What is played; undefined: nothing. */
export function musicFile(context: HostContext): string | undefined {
  const { music } = context.cluster.media;
  if (music === "none") return undefined;
  return music ?? tuneFile(context);
}

export interface Waiting {
  /** rtpengine's name of it. */
  session: string;
  /** The caller's tag. */
  from_tag: string;
  /** What the caller offers. */
  sdp: string;
  /** Where it really is, when its description names an address that can not be reached. */
  source?: string | undefined;
  /** It came in at the node's own address: docs/movers.md. */
  own?: boolean | undefined;
}

/** Into which rtpengine makes the file; of others it says so too, and plays nothing. */
const codecs = "PCMU|PCMA|G722|G729|opus";

/** The caller's first codec of these. rtpengine writes a line for each. */
function firstCodec(media: string): string | undefined {
  const [, formats = ""] = /^m=audio \d+ \S+ (.*)$/m.exec(media) ?? [];
  return formats
    .match(/\S+/g)
    ?.find((format) => new RegExp(`^a=rtpmap:${format} (${codecs})/`, "im").test(media));
}

/** An answer of nobody: takes one codec of the first audio, and nothing else. Undefined: there is none. Pure. */
export function nobodysAnswer(offer: string, address: string): string | undefined {
  const [, ...sections] = offer.split(/^(?=m=)/m);
  const audio = sections.findIndex((media) => /^m=audio [1-9]/.test(media));
  const codec = firstCodec(sections[audio] ?? "");
  if (codec === undefined) return undefined;
  const family = address.includes(":") ? "IP6" : "IP4";
  const media = sections.map((section, index) => {
    const [, kind = "", protocol = "", format = ""] = /^m=(\S+) \d+ (\S+) (\S+)/.exec(section) ?? [];
    if (index !== audio) return [`m=${kind} 0 ${protocol} ${format}`];
    const lines = section.match(new RegExp(`^a=(rtpmap|fmtp):${codec} .*$`, "gm")) ?? [];
    return [`m=audio 9 ${protocol} ${codec}`, ...lines.map((line) => line.trim()), "a=sendrecv"];
  });
  const head = ["v=0", `o=- 1 1 IN ${family} ${address}`, "s=-", `c=IN ${family} ${address}`, "t=0 0"];
  return [...head, ...media.flat(), ""].join("\r\n");
}

/** More often than anybody waits. */
const times = 1000;

/** Plays to those who wait, by one rtpengine. */
export class Music implements Disposable {
  private readonly ng: NgClient;
  private readonly file: string | undefined;
  private readonly address: string;

  /** @param address of this service */
  constructor(file: string | undefined, address: string, ngPort: number) {
    this.file = file;
    this.address = address;
    this.ng = new NgClient(ngPort);
  }

  /**
   * The description that the caller is to get, to whom it is played already; undefined: there is nothing to play, or it can not be played
   * to that caller. Whoever knows when the caller waits no more deletes the session. @throws Error when rtpengine does not answer in time
   */
  async playTo(waiting: Waiting, signal: AbortSignal): Promise<string | undefined> {
    if (this.file === undefined) return undefined;
    const { session, from_tag, sdp, source, own } = waiting;
    const named = { "call-id": session, "from-tag": from_tag };
    const door = own ? { direction: ["own", "own"] } : {};
    const how = { ...named, replace: ["origin"], ICE: "remove" };
    try {
      const offered = await this.ng.ask(
        "offer",
        {
          ...how,
          ...door,
          sdp,
          "transport-protocol": "RTP/AVP",
          flags: [source === undefined ? "trust-address" : "SIP-source-address"],
          ...(source !== undefined && {
            "received-from": [source.includes(":") ? "IP6" : "IP4", source],
          }),
        },
        signal,
      );
      const nobody = nobodysAnswer(String(offered.sdp), this.address);
      if (nobody === undefined) return await this.end(waiting, signal);
      const answered = await this.ng.ask(
        "answer",
        { ...how, "to-tag": "nobody", sdp: nobody, flags: ["trust-address"] },
        signal,
      );
      await this.ng.ask("play media", { ...named, file: this.file, "repeat-times": times }, signal);
      return String(answered.sdp);
    } catch (error) {
      if (!(error instanceof NgRefused)) throw error;
      return await this.end(waiting, signal);
    }
  }

  private async end({ session, from_tag }: Waiting, signal: AbortSignal): Promise<undefined> {
    await this.ng
      .ask("delete", { "call-id": session, "from-tag": from_tag }, signal)
      .catch((error: unknown) => {
        // It never came to be.
        if (!(error instanceof NgRefused)) throw error;
      });
    return undefined;
  }

  [Symbol.dispose](): void {
    this.ng[Symbol.dispose]();
  }
}

export const musicOf = (context: HostContext): Music =>
  new Music(musicFile(context), serviceIp(context.cluster), ports.rtpengineNg);
