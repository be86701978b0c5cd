import { type MicrophoneFault, microphoneFaultOf } from "./view.ts";

/** Asked for before a call is made or answered: without one a call that rings goes on ringing, and the page says why. */

export class NoMicrophone extends Error {
  readonly fault: MicrophoneFault;

  constructor(fault: MicrophoneFault, cause: unknown) {
    super(`no microphone: ${fault}`, { cause });
    this.fault = fault;
  }
}

/**
 * @param chosen deviceId; undefined: the browser's choice
 * @returns its audio, and whether the chosen one is gone, so that it is another. @throws NoMicrophone
 */
export async function openMicrophone(
  chosen: string | undefined,
): Promise<{ stream: MediaStream; gone: boolean }> {
  try {
    if (chosen !== undefined)
      try {
        const audio = { deviceId: { exact: chosen } };
        return { stream: await navigator.mediaDevices.getUserMedia({ audio }), gone: false };
      } catch (error) {
        if (nameOf(error) !== "OverconstrainedError" && nameOf(error) !== "NotFoundError") throw error;
      }
    return {
      stream: await navigator.mediaDevices.getUserMedia({ audio: true }),
      gone: chosen !== undefined,
    };
  } catch (error) {
    throw new NoMicrophone(microphoneFaultOf(nameOf(error)), error);
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
