/** A difference between hosts, or to what was written. */

export interface Drift {
  code: "config-differs" | "release-differs";
  /** The hosts that it is about. */
  hosts: string[];
  text: string;
  advice: string;
  /** Unified diff. */
  diff?: string;
}
