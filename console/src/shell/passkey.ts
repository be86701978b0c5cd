import {
  browserSupportsWebAuthn,
  type PublicKeyCredentialCreationOptionsJSON,
  type PublicKeyCredentialRequestOptionsJSON,
  startAuthentication,
  startRegistration,
} from "@simplewebauthn/browser";
import { ask } from "../api/client.ts";

/** Are passkeys of this host name of use here? */
export const passkeysWork = (host: string | null | undefined): boolean =>
  host === location.hostname && browserSupportsWebAuthn();

/** Asks the device to make one. @returns recovery codes, if these are the first. @throws Error of the device, ApiProblem */
export async function makePasskey(name: string): Promise<string[] | null> {
  const path = "/v1/session/factors/passkeys";
  const { data } = await ask<PublicKeyCredentialCreationOptionsJSON>("POST", `${path}/options`);
  const response = await startRegistration({ optionsJSON: data });
  const made = await ask<{ recovery_codes: string[] | null }>("POST", path, { body: { name, response } });
  return made.data.recovery_codes;
}

/** Asks the device to sign, and sends that to `path`. @throws Error of the device, ApiProblem */
export async function signAt(path: "/v1/session/passkey" | "/v1/session/proof/passkey"): Promise<void> {
  const { data } = await ask<PublicKeyCredentialRequestOptionsJSON>("POST", "/v1/session/passkey/options");
  const response = await startAuthentication({ optionsJSON: data });
  await ask("POST", path, { body: response });
}
