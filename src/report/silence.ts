import { z } from "zod";

/** Why a host does not answer. */

/**
 * Why does another host's agent not answer? Its kernel knows: it accepts connections for a process that hangs, refuses
 * them for one that is dead, and is itself silent when the host is without power or cut off.
 */
export const silenceSchema = z.enum(["agent-hangs", "agent-dead", "host-unreachable"]);
export type Silence = z.infer<typeof silenceSchema>;
