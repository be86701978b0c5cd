/** How fencing stands, as a host tells it. */

/** What other hosts and people are told. */
export interface FencingReport {
  required: boolean;
  /** By data node: was it switched off, and does its device answer? */
  nodes: Record<string, { state: "none" | "running" | "off" | "failed"; device: string; ok: boolean | null }>;
}
