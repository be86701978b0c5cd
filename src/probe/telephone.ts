import { messageOf } from "../base/message.ts";
import type { Ha1 } from "../sip/digest.ts";
import { token } from "../sip/message.ts";
import { sdp } from "../sip/sdp.ts";
import { openUdp, type Place, type SipTransport } from "../sip/transport.ts";
import { Credentials } from "../sip/user-agent/credentials.ts";
import { Registration } from "../sip/user-agent/registration.ts";
import { UserAgent } from "../sip/user-agent/user-agent.ts";

/** A nonce is good for 300 s (sip/modules.cfg); a new one costs a round trip. */
const nonceMs = 240_000;
const registrationSeconds = 60;
const maxForwards = 20;
/** Discard: nobody sends audio. */
const noPort = 9;

/** Where it failed, for people and for programs. */
export class ProbeError extends Error {
  readonly stage: "register" | "call" | "hang-up";
  constructor(stage: ProbeError["stage"], text: string) {
    super(text);
    this.stage = stage;
  }
}

const failedAt = (stage: ProbeError["stage"]) => (error: unknown) => {
  throw new ProbeError(stage, messageOf(error));
};

/**
 * The telephone of the functional test: registers with a password, calls itself, answers and hangs up, at the SIP
 * address of its own node, so that a standby is tested as well as the holder. Both ends of the call are this one socket.
 */
export class ProbeTelephone {
  private readonly server: Place;
  private readonly user: string;
  private readonly agent: UserAgent;
  private readonly credentials: Credentials;
  private readonly registration: Registration;
  /** Call-ID of the call that arrived here, by way of the server. */
  private arrived = "";

  private constructor(transport: SipTransport, server: Place, user: string, secret: Ha1) {
    this.server = server;
    this.user = user;
    const { address } = server;
    const contact = `<sip:${user}@${address}:${transport.local.port}>`;
    this.credentials = new Credentials({ user, ...secret }, nonceMs);
    this.agent = new UserAgent({
      transport,
      contact,
      outbound: server,
      maxForwards,
      invited: (call) => {
        this.arrived = call.callId;
        call.accept({ body: sdp(address, noPort, 1, "inactive") });
      },
    });
    const where = { registrar: `sip:${address}`, aor: `sip:${user}@${address}`, contact };
    this.registration = new Registration(this.agent, where, this.credentials);
  }

  /** @throws Error when no port of that address is free. */
  static async open(server: Place, user: string, secret: Ha1): Promise<ProbeTelephone> {
    const transport = await openUdp({ address: server.address, port: 0 });
    return new ProbeTelephone(transport, server, user, secret);
  }

  close(): void {
    this.agent.close();
  }

  /** @throws ProbeError unless the registration is accepted. */
  async register(signal: AbortSignal): Promise<void> {
    const answer = await this.registration.register(registrationSeconds, signal).catch(failedAt("register"));
    if (answer.code !== 200) throw new ProbeError("register", `REGISTER is answered: ${answer.first}`);
  }

  /** Calls itself, answers, hangs up. @returns the Call-ID. @throws ProbeError when anything of that fails */
  async call(signal: AbortSignal): Promise<string> {
    const { address, port } = this.server;
    const callId = `probe-${token()}`;
    const target = { uri: `sip:${this.user}@${address}:${port}`, from: `<sip:${this.user}@${address}>` };
    const call = this.agent.call(target, { callId, credentials: this.credentials });
    const body = sdp(address, noPort, 1, "inactive");
    const answer = await call.invite({ body }, { signal }).catch(failedAt("call"));
    if (answer.code !== 200) throw new ProbeError("call", `INVITE is answered: ${answer.first}`);
    if (this.arrived !== callId) throw new ProbeError("call", "INVITE is answered by somebody else");
    const end = await call.bye({}, { signal }).catch(failedAt("hang-up"));
    if (end.code !== 200) throw new ProbeError("hang-up", `BYE is answered: ${end.first}`);
    return callId;
  }
}
