import { randomInt } from "node:crypto";
import { connect } from "node:net";
import { type HostContext, runFiles } from "../../cluster/facts.ts";
import { decodeReply, encodeRequest, type RpcValue } from "./binrpc.ts";

/**
 * Calls a function of Kamailio (https://www.kamailio.org/docs/docbooks/5.6.x/rpc_list/rpc_list.html) through its
 * control socket. People do the same with `kamcmd -s unixs:DIR/run/kamailio/ctl.sock METHOD`.
 * @throws Error when nothing listens, the answer is a fault, or `signal` aborts
 */
export function kamailioRpc(
  context: HostContext,
  method: string,
  params: (string | number)[],
  signal: AbortSignal,
): Promise<RpcValue[]> {
  const { promise, resolve, reject } = Promise.withResolvers<RpcValue[]>();
  const cookie = randomInt(2 ** 31);
  const socket = connect(runFiles(context.dirs).kamailioSocket);
  const onAbort = () => reject(new Error(`no answer from Kamailio to ${method}`));
  signal.addEventListener("abort", onAbort, { once: true });
  let data = Buffer.alloc(0);
  socket.on("connect", () => socket.write(encodeRequest(method, params, cookie)));
  socket.on("error", (error) => reject(new Error(`Kamailio's control socket: ${error.message}`)));
  socket.on("close", () => reject(new Error(`Kamailio closed its control socket during ${method}`)));
  socket.on("data", (chunk) => {
    data = Buffer.concat([data, chunk]);
    try {
      const reply = decodeReply(data, cookie);
      if (reply) resolve(reply);
    } catch (error) {
      reject(error);
    }
  });
  if (signal.aborted) onAbort();
  return promise.finally(() => {
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  });
}

/** What people and the standby check want to know about a running Kamailio. */
export interface KamailioFacts {
  /** Registered users and their contacts on this node: must be the same on all nodes. */
  users: number;
  contacts: number;
  /** Transactions in progress. */
  transactions: number;
  /** Shared memory, bytes. */
  memory: { total: number; free: number };
  /** Apps that are not asked for the moment, because they did not answer. */
  closedTo: ("own" | "peer")[];
  /** Replication peers that Kamailio knows and their state. */
  peers: { host: string; status: string }[];
  uptimeSeconds: number;
}

const isStruct = (value: RpcValue | undefined): value is { [name: string]: RpcValue } =>
  typeof value === "object" && !Array.isArray(value);

const number = (value: RpcValue | undefined): number =>
  typeof value === "number" ? value : Number(value ?? 0);

/** Asks a running Kamailio for its figures. @throws Error as kamailioRpc */
export async function kamailioFacts(context: HostContext, signal: AbortSignal): Promise<KamailioFacts> {
  const call = (method: string, ...params: (string | number)[]) =>
    kamailioRpc(context, method, params, signal);
  const [stats, transactions, memory, own, peer, peers, uptime] = await Promise.all([
    call("stats.fetchn", "usrloc:"),
    call("tm.stats"),
    call("core.shmmem"),
    isOpen(call, "own"),
    isOpen(call, "peer"),
    call("dmq.list_nodes"),
    call("core.uptime"),
  ]);
  const [statistics, tm, shm, up] = [stats[0], transactions[0], memory[0], uptime[0]];
  if (!isStruct(statistics) || !isStruct(tm) || !isStruct(shm) || !isStruct(up))
    throw new Error("Kamailio's figures have another form than version 5.6's");
  return {
    users: number(statistics["usrloc.location_users"]),
    contacts: number(statistics["usrloc.location_contacts"]),
    transactions: number(tm.current),
    memory: { total: number(shm.total), free: number(shm.free) },
    closedTo: [...(own ? (["own"] as const) : []), ...(peer ? (["peer"] as const) : [])],
    peers: peers
      .filter(isStruct)
      .filter((node) => number(node.local) === 0)
      .map((node) => ({ host: String(node.host), status: String(node.status) })),
    uptimeSeconds: number(up.uptime),
  };
}

/** Registered contacts on this node: one cheap question. @throws Error as kamailioRpc */
export async function contactsKnown(context: HostContext, signal: AbortSignal): Promise<number> {
  const [statistics] = await kamailioRpc(context, "stats.fetchn", ["usrloc:"], signal);
  if (!isStruct(statistics)) throw new Error("Kamailio's figures have another form than version 5.6's");
  return number(statistics["usrloc.location_contacts"]);
}

type Call = (method: string, ...params: (string | number)[]) => Promise<RpcValue[]>;

/** htable.get answers with a fault when the key does not exist, and that is the normal state. */
const isOpen = (call: Call, app: "own" | "peer"): Promise<boolean> =>
  call("htable.get", "app", app).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && error.message.startsWith("Kamailio says:")) return false;
      throw error;
    },
  );
