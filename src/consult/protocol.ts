/** What the app and the process of the scripts say to each other. */

/** A script as it is run. */
export interface Loaded {
  name: string;
  /** JavaScript. */
  code: string;
  cpuMs: number;
  memoryMb: number;
  hosts: readonly string[];
}

export type ToScripts =
  | { type: "scripts"; scripts: Loaded[] }
  | { type: "decide"; id: number; script: string; call: unknown; deadlineMs: number }
  | { type: "told"; id: number; value?: unknown; error?: string };

/** Why a script did not answer. */
export type ScriptFailure = "late" | "processor" | "memory" | "error" | "gone";

export type FromScripts =
  | { type: "ready" }
  | { type: "answered"; id: number; answer: unknown }
  | { type: "failed"; id: number; failure: ScriptFailure; why: string }
  | { type: "tell"; id: number; what: string; argument: unknown }
  | { type: "log"; script: string; call: string; text: string };
