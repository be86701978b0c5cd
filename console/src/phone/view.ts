import type { paths } from "../api/schema.ts";

/** What pages show of the telephone, and what it is told: data alone. */

export type Credential =
  paths["/v1/phone/credential"]["get"]["responses"][200]["content"]["application/json"];

export type CallPhase = "rings-here" | "calling" | "rings-there" | "talking" | "ended";

/** How a call ended, as a person would say it. */
export type Ending =
  | "hung-up"
  | "busy"
  | "declined"
  | "not-found"
  | "incomplete"
  | "no-answer"
  | "unavailable"
  | "not-allowed"
  | "no-audio"
  | "not-reached"
  | "failed";

/** From JsSIP's words (its Constants.js). Pure. */
export function endingOf(cause: string): Ending {
  switch (cause) {
    case "Terminated":
    case "Canceled":
      return "hung-up";
    case "Busy":
      return "busy";
    case "Rejected":
      return "declined";
    case "Not Found":
      return "not-found";
    case "Address Incomplete":
      return "incomplete";
    case "No Answer":
    case "Expires":
      return "no-answer";
    case "Unavailable":
    case "Redirected":
      return "unavailable";
    case "Authentication Error":
      return "not-allowed";
    case "RTP Timeout":
    case "Incompatible SDP":
    case "Missing SDP":
    case "Bad Media Description":
    case "WebRTC Error":
      return "no-audio";
    case "Request Timeout":
    case "Connection Error":
    case "Dialog Error":
    case "No ACK":
      return "not-reached";
    default:
      return "failed";
  }
}

/** Why there is no microphone, or not the one that was chosen. */
export type MicrophoneFault = "none" | "refused" | "taken" | "insecure" | "gone";

/** From the name of what `getUserMedia` throws (https://www.w3.org/TR/mediacapture-streams/#methods-5). Pure. */
export function microphoneFaultOf(name: string): MicrophoneFault {
  switch (name) {
    case "NotFoundError":
    case "OverconstrainedError":
      return "none";
    case "NotAllowedError":
      return "refused";
    case "TypeError":
    case "SecurityError":
      return "insecure";
    default:
      return "taken";
  }
}

/** A transfer of a call: under way, or refused by whom it was to go to. */
type Transfer = "asked" | "refused" | undefined;

/** One call as a page shows it. */
export interface CallView {
  id: string;
  phase: CallPhase;
  incoming: boolean;
  number: string;
  name: string;
  muted: boolean;
  /** By this side. */
  held: boolean;
  heldThere: boolean;
  /** Audio is missing and being brought back. */
  rescuing: boolean;
  /** Keys that were pressed in it. */
  keys: string;
  transfer: Transfer;
  /** Epoch ms. */
  beganAt: number;
  answeredAt: number | undefined;
  ending: Ending | undefined;
}

export interface PhoneView {
  /** `elsewhere`: in another tab of this browser. */
  registration: "off" | "connecting" | "registered" | "refused" | "elsewhere";
  /** Why it is not registered. */
  why: string | undefined;
  microphone: MicrophoneFault | undefined;
  calls: CallView[];
}

export const off: PhoneView = { registration: "off", why: undefined, microphone: undefined, calls: [] };
