import { MediaStreamTrack, RTCPeerConnection, usePCMU } from "werift";

/** werift wants an address in `a=rtcp`, which RFC 3605 leaves out when it is that of `c=`, as rtpengine does. */
const forWerift = (sdp: string): string => sdp.replace(/^a=rtcp:\d+\r?\n/gm, "");

/** DTLS, by the first byte of a packet (RFC 7983). */
const isDtls = (packet: Buffer): boolean => (packet[0] ?? 0) >= 20 && (packet[0] ?? 0) <= 63;

/**
 * What of a DTLS handshake is said at once goes in one datagram (RFC 6347 4.1.1), as browsers send it. werift sends five: rtpengine's two threads may
 * take them in another order, and what werift repeats has the record numbers of before, so that it is thrown away as a replay:
 * two of three such calls stayed silent on an idle machine.
 */
function sayFlightsWhole(connection: RTCPeerConnection): void {
  for (const { iceTransport } of connection.dtlsTransports) {
    const ice = iceTransport.connection;
    const send = ice.send.bind(ice);
    let flight: Buffer[] = [];
    ice.send = async (packet) => {
      if (!isDtls(packet)) return await send(packet);
      flight.push(packet);
      if (flight.length > 1) return;
      await new Promise(setImmediate);
      const whole = Buffer.concat(flight);
      flight = [];
      await send(whole);
    };
  }
}

/**
 * Audio as a browser does it: ICE (RFC 8445) with consent (RFC 7675), DTLS-SRTP (RFC 5764), for a test telephone. Its
 * description is made once; the far side's is taken once.
 */
export class WebRtc {
  /** Our description, with all candidates. */
  readonly sdp: string;
  private readonly connection: RTCPeerConnection;
  private readonly track: MediaStreamTrack;
  private offered: boolean;

  private constructor(connection: RTCPeerConnection, track: MediaStreamTrack, sdp: string, offered: boolean) {
    this.connection = connection;
    this.track = track;
    this.sdp = sdp;
    this.offered = offered;
  }

  /** `onPacket` gets what the far side sends, as plain RTP. `offer`: the caller's description; undefined: we call. */
  static async open(address: string, onPacket: (packet: Buffer) => void, offer?: string): Promise<WebRtc> {
    const connection = new RTCPeerConnection({
      codecs: { audio: [usePCMU()], video: [] },
      iceServers: [],
      iceInterfaceAddresses: { udp4: address },
      iceAdditionalHostAddresses: [address],
      iceUseIpv6: false,
      bundlePolicy: "disable",
    });
    const track = new MediaStreamTrack({ kind: "audio" });
    connection.onTrack.subscribe((remote) => {
      remote.onReceiveRtp.subscribe((packet) => onPacket(packet.serialize()));
    });
    if (offer !== undefined) await connection.setRemoteDescription({ type: "offer", sdp: forWerift(offer) });
    const [known] = connection.getTransceivers();
    if (known) {
      await known.sender.replaceTrack(track);
      known.setDirection("sendrecv");
    } else connection.addTransceiver(track, { direction: "sendrecv" });
    const described = offer === undefined ? await connection.createOffer() : await connection.createAnswer();
    await connection.setLocalDescription(described);
    sayFlightsWhole(connection);
    return new WebRtc(connection, track, connection.localDescription?.sdp ?? "", offer === undefined);
  }

  /** The answer to our offer; anything later changes nothing. */
  accept(sdp: string): void {
    if (!this.offered) return;
    this.offered = false;
    this.connection.setRemoteDescription({ type: "answer", sdp: forWerift(sdp) }).catch((error: unknown) => {
      process.stderr.write(`telephone: the answer does not fit: ${String(error)}\n`);
    });
  }

  get connected(): boolean {
    return this.connection.connectionState === "connected";
  }

  send(packet: Buffer): void {
    if (this.connected) this.track.writeRtp(packet);
  }

  close(): void {
    void this.connection.close();
  }
}
