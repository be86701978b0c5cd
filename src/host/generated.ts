/** What a part wants from its host. */

/** A file that a component wants on disk before it starts. Written atomically; secrets go in with mode 0600. */
export interface GeneratedFile {
  path: string;
  content: string;
  /** Default 0o644. */
  mode?: number;
  /** System user that owns the file; default root. */
  owner?: string;
}

/** How a component's process is started. It never reads from a terminal; its output goes to `log/<part>.log`. */
export interface Command {
  argv: [string, ...string[]];
  env?: Record<string, string>;
  /**
   * Weight against everything else on the host, -20 (first) to 19; default 0. Audio before SIP and what it waits for,
   * those before the agent (-10), the app and the database. docs/decisions/0024-busy.md
   */
  nice?: number;
}
