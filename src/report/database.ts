import { z } from "zod";

/** What is known of a node's database: on the disk, and running. */

const replicationSchema = z.object({
  /** The node that it follows. */
  from: z.string(),
  /** Of the own data: another one when they were made from scratch. */
  id: z.string(),
  /**
   * `new`: it has not been told yet; `copying`: it has no data of its own and copies the other's; `following`: it applies
   * what the other does; `interrupted`: the other does not answer, the server tries again by itself; `stopped`: it met
   * something that it can not apply, or can not get, and waits for a person. What another release may say besides is
   * none of these, and the least that it can mean is that it does not follow.
   */
  state: z.enum(["new", "copying", "following", "interrupted", "stopped"]).catch("interrupted"),
  /** Number of the last own transaction, and of the other's last one that was applied here. */
  own: z.number(),
  applied: z.number(),
  /** The server refuses writes: it has not caught up since its start. */
  readOnly: z.boolean(),
  /** Why it is interrupted or stopped, or the last copy failed: the server's words without the data that they quote. */
  error: z.string().optional(),
  /** Its number. */
  errno: z.number().optional(),
});
export type ReplicationFacts = z.infer<typeof replicationSchema>;

/** What a running database says of its cluster. */
const factsSchema = z.object({
  /** wsrep_ready and Primary: it accepts reads and writes. Without Galera: it has the data. */
  primary: z.boolean(),
  /** wsrep_local_state_comment: Synced, Donor/Desynced, Joined, … */
  state: z.string(),
  /** Members of the component, the witness included; without Galera: this node and those it follows. */
  size: z.number(),
  seqno: z.number(),
  uuid: z.string(),
  /** How it follows the other node, where they replicate asynchronously. */
  replication: replicationSchema.optional(),
});
export type DatabaseFacts = z.infer<typeof factsSchema>;

/** What a data directory says about its place in the cluster's history while mariadbd does not run. */
const diskSchema = z.object({
  /** Has this directory ever been part of a cluster? */
  initialised: z.boolean(),
  /** State UUID of the cluster's history; empty when unknown. */
  uuid: z.string(),
  /** Sequence number of the last committed transaction; -1 when unknown. */
  seqno: z.number(),
  /** grastate.dat: this node left last, in order. */
  safeToBootstrap: z.boolean(),
  /** gvwstate.dat exists: the node did not leave in order, and remembers the last Primary Component. */
  view: z.boolean(),
});
export type DiskState = z.infer<typeof diskSchema>;

export const databaseSchema = z.object({
  /**
   * starting: has not answered since it was started. running: has, even if it does not now; also what this release does
   * not understand: a database beside which no other may begin.
   */
  phase: z.enum(["down", "starting", "running"]).catch("running"),
  facts: factsSchema.optional(),
  /** As read before the last start. */
  disk: diskSchema,
  /** It is down, and `disk` says where it ended. */
  settled: z.boolean(),
  /** It runs (and is not hung) for so long without a Primary Component anywhere in sight. */
  withoutPrimaryMs: z.number().optional(),
  /** Why it is not started yet. */
  waiting: z.string().optional(),
});

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
