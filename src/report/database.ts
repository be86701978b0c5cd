/** What is known of a node's database: on the disk, and running. */

/** What a running database says of its cluster. */
export interface DatabaseFacts {
  /** wsrep_ready and Primary: it accepts reads and writes. Without Galera: it has the data. */
  primary: boolean;
  /** wsrep_local_state_comment: Synced, Donor/Desynced, Joined, … */
  state: string;
  /** Members of the component, the witness included; without Galera: this node and those it follows. */
  size: number;
  seqno: number;
  uuid: string;
  /** How it follows the other node, where they replicate asynchronously. */
  replication?: ReplicationFacts;
}

/** What a data directory says about its place in the cluster's history while mariadbd does not run. */
export interface DiskState {
  /** Has this directory ever been part of a cluster? */
  initialised: boolean;
  /** State UUID of the cluster's history; empty when unknown. */
  uuid: string;
  /** Sequence number of the last committed transaction; -1 when unknown. */
  seqno: number;
  /** grastate.dat: this node left last, in order. */
  safeToBootstrap: boolean;
  /** gvwstate.dat exists: the node did not leave in order, and remembers the last Primary Component. */
  view: boolean;
}

export interface ReplicationFacts {
  /** The node that it follows. */
  from: string;
  /** Of the own data: another one when they were made anew. */
  id: string;
  /**
   * `new`: it has not been told yet; `copying`: it has no data of its own and copies the other's; `following`: it applies
   * what the other does; `interrupted`: the other does not answer, the server tries again by itself; `stopped`: it met
   * something that it can not apply, or can not get, and waits for a person.
   */
  state: "new" | "copying" | "following" | "interrupted" | "stopped";
  /** Number of the last own transaction, and of the other's last one that was applied here. */
  own: number;
  applied: number;
  /** The server refuses writes: it has not caught up since its start. */
  readOnly: boolean;
  /** Why it is interrupted or stopped, or the last copy failed: the server's words without the data that they quote. */
  error?: string;
  /** Its number. */
  errno?: number;
}

/** What is wrong with it, for people; nothing while it follows. */
export function replicationProblem(facts: ReplicationFacts | undefined): { problem?: string } {
  return facts === undefined || facts.state === "following" ? {} : { problem: replicationText(facts) };
}

export const replicationText = ({ from, state, error }: ReplicationFacts): string =>
  ({
    new: `does not follow ${from} yet`,
    copying: `copies the data of ${from}${error === undefined ? "" : ` (the last try: ${error})`}`,
    following: `follows ${from}`,
    interrupted: `does not reach ${from}: ${error}`,
    stopped: `replication from ${from} has stopped: ${error}`,
  })[state];
