/** How often hosts tell each other that they are there while all is calm (calm.ts). Pure. */

/** From one beat of an agent to the next, ms. */
export const calmBeatMs = 100;
/** A node's pulses to the witness go with every second of these: the witness decides nothing then, and to hear one wakes it. */
const beatsToWitness = 2;

type Role = "node" | "witness" | (string & {});

/** How often a host of this role gets a pulse of another one, ms. */
export const calmPulseMs = (to: Role): number => (to === "witness" ? beatsToWitness : 1) * calmBeatMs;

/** Does a host of this role get a pulse with this beat? */
export const getsPulse = (to: Role, beat: number): boolean => to !== "witness" || beat % beatsToWitness === 0;
