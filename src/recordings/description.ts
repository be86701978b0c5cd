/** What rtpengine's description of a recorded call says: which port belongs to whom, and what the payload types mean. */

export type Side = "caller" | "called";

export interface Codec {
  /** Upper case, as in SDP's rtpmap. */
  name: string;
  /** RTP clock, Hz. */
  clock: number;
}

export interface Description {
  /** rtpengine's own port → who sends there. */
  sides: Map<number, Side>;
  /** By side, because the two sides may number them differently. */
  codecs: Record<Side, Map<number, Codec>>;
}

/** RFC 3551 section 6: payload types that need no rtpmap. G.722's clock is 8000 for historical reasons. */
const staticTypes: [number, Codec][] = [
  [0, { name: "PCMU", clock: 8000 }],
  [8, { name: "PCMA", clock: 8000 }],
  [9, { name: "G722", clock: 8000 }],
  [13, { name: "CN", clock: 8000 }],
];

interface Sdp {
  mode: "offer" | "answer";
  ports: number[];
  codecs: [number, Codec][];
}

/**
 * Finds the SDP bodies in a description file of rtpengine 10.5: each comes after a line "SDP mode: offer|answer" and is
 * the one that rtpengine sent on, so the offer's port is where the called side sends, the answer's where the caller does.
 */
function bodiesIn(text: string): Sdp[] {
  const bodies: Sdp[] = [];
  let current: Sdp | undefined;
  let audio = false;
  for (const line of text.split(/\r?\n/)) {
    const mode = /^SDP mode: (offer|answer)/.exec(line)?.[1] as Sdp["mode"] | undefined;
    if (mode) {
      current = { mode, ports: [], codecs: [] };
      audio = false;
      bodies.push(current);
    }
    if (!current) continue;
    const media = /^m=(\S+) (\d+)/.exec(line);
    if (media) {
      audio = media[1] === "audio";
      if (audio && media[2] !== "0") current.ports.push(Number(media[2]));
    }
    const map = /^a=rtpmap:(\d+) ([^/\s]+)\/(\d+)/.exec(line);
    if (map && audio)
      current.codecs.push([Number(map[1]), { name: (map[2] ?? "").toUpperCase(), clock: Number(map[3]) }]);
  }
  return bodies;
}

/**
 * Reads all descriptions of one call, from all nodes. The first offer and answer name the sides; a later offer can come
 * from the called side (a re-INVITE), which shows by a port that is known already. Pure.
 */
export function describe(texts: readonly string[]): Description {
  const sides = new Map<number, Side>();
  const codecs: Description["codecs"] = { caller: new Map(staticTypes), called: new Map(staticTypes) };
  for (const text of texts) {
    let turned = false;
    for (const body of bodiesIn(text)) {
      if (body.mode === "offer") {
        const known = body.ports.map((port) => sides.get(port)).find((side) => side !== undefined);
        turned = known === "caller";
      }
      const side: Side = (body.mode === "offer") === turned ? "caller" : "called";
      for (const port of body.ports) if (!sides.has(port)) sides.set(port, side);
      for (const [type, codec] of body.codecs) codecs[side].set(type, codec);
    }
  }
  return { sides, codecs };
}
