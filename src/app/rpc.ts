import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { ask, type Deciding, UndecidedError } from "../call/ask.ts";
import { questionSchema } from "../call/contract.ts";
import { scriptLine } from "../call/line.ts";
import type { ProbeCredentials } from "../call/probe-user.ts";
import { showsPattern } from "../directory/shows.ts";
import { encodeNetstring, FrameError, NetstringDecoder } from "../http/netstring.ts";
import type { LiveRouting } from "../routing/live.ts";
import type { Events } from "../telemetry/log.ts";

/** Error codes of JSON-RPC 2.0, section 5.1, and our own. */
const codes = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  unknownUser: 404,
} as const;

const requestSchema = z.object({
  jsonrpc: z.literal("2.0"),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string(),
  params: z.unknown().optional(),
});

const credentialsSchema = z.object({ user: z.string(), realm: z.string() });

/** What the JSON-RPC server answers with. */
export interface RpcParts extends Deciding {
  live: Pick<LiveRouting, "decide" | "state" | "snapshot">;
  realm: string;
  probes: ReadonlyMap<string, ProbeCredentials>;
  events: Events;
  /** Resolves when all that Kamailio has journalled until now is on the disk, or does not get there in time (ms). */
  kept(deadlineMs: number): Promise<boolean>;
}

type Outcome = { result: unknown } | { error: { code: number; message: string } };

const fault = (code: number, message: string): Outcome => ({ error: { code, message } });

/**
 * Answers one JSON-RPC 2.0 request from memory, never from the database. Undefined for notifications.
 * Methods: `decide` (params = Question, result = Decision), `decide_line` (the same, result = a line for Kamailio's
 * script, call/line.ts) and `credentials` (params {user, realm}, result
 * {user, ha1_md5, ha1_sha256, shows?: the numbers that it may show as a caller, showsPattern}; error 404 "unknown user"),
 * `kept` (result true: see `waitsForDisk`). A fault of ours is error -32603, and stands in the log.
 */
export function answer(parts: RpcParts, text: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return response(null, fault(codes.parse, messageOf(error)));
  }
  const request = requestSchema.safeParse(json);
  if (!request.success) return response(null, fault(codes.request, z.prettifyError(request.error)));
  const { id, method, params } = request.data;
  const outcome = callSafely(parts, method, params);
  return id === undefined ? undefined : response(id, outcome);
}

const response = (id: string | number | null, outcome: Outcome): string =>
  JSON.stringify({ jsonrpc: "2.0", id, ...outcome });

function callSafely(parts: RpcParts, method: string, params: unknown): Outcome {
  try {
    return call(parts, method, params);
  } catch (error) {
    if (error instanceof UndecidedError) return fault(codes.internal, error.message);
    parts.events.rpcFailed(method, error);
    return fault(codes.internal, "internal error: see the app's log");
  }
}

function call(parts: RpcParts, method: string, params: unknown): Outcome {
  const { live, realm, probes } = parts;
  if (method === "decide" || method === "decide_line") {
    const question = questionSchema.safeParse(params);
    if (!question.success) return fault(codes.params, z.prettifyError(question.error));
    const decision = ask(parts, "rpc", question.data);
    return { result: method === "decide" ? decision : scriptLine(decision) };
  }
  if (method === "credentials") {
    const wanted = credentialsSchema.safeParse(params);
    if (!wanted.success) return fault(codes.params, z.prettifyError(wanted.error));
    const probe = probes.get(wanted.data.user);
    if (probe && wanted.data.realm === realm) return { result: { user: wanted.data.user, ...probe } };
    const user = live.snapshot.parts.users.get(wanted.data.user);
    if (!user?.enabled || wanted.data.realm !== realm) return fault(codes.unknownUser, "unknown user");
    const shows = showsPattern(user.may_show ?? [], live.snapshot.indexes.numbers.get(user.name) ?? []);
    return {
      result: {
        user: user.name,
        ha1_md5: user.ha1_md5,
        ha1_sha256: user.ha1_sha256,
        ...(shows !== "" && { shows }),
      },
    };
  }
  if (method === "kept") return { result: true };
  return fault(codes.method, `no method ${method}`);
}

/**
 * What Kamailio journalled before it asked this is on the disk before it gets its answer, so that no power cut makes
 * undone what others have seen: a call that was sent on, an end that was confirmed. Bounded; a disk that hangs stops no
 * call. Pure.
 */
const waitsForDisk = (frame: string): boolean => /"method":\s*"(decide_line|kept)"/.test(frame);

/** Less than Kamailio's own patience (ASK_TIMEOUT_MS), and more than a disk in order takes. */
const keptMs = 150;

/** Larger questions than this are not questions. */
const maxFrameBytes = 64 * 1024;

const maxUnsentBytes = 4 * 1024 * 1024;

/** Strips the IPv4-in-IPv6 form that dual-stack sockets show. */
const plain = (address: string | undefined): string => (address ?? "").replace(/^::ffff:/, "");

/** A JSON-RPC server on TCP with netstrings; speaks only with `allowed` addresses and this host itself. */
export function createRpcServer(
  parts: RpcParts,
  allowed: ReadonlySet<string>,
): Server & { sockets: Set<Socket> } {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 }, (socket) => {
    const address = plain(socket.remoteAddress);
    if (!address.startsWith("127.") && !allowed.has(address)) {
      parts.events.rpcRefused(address);
      socket.destroy();
      return;
    }
    sockets.add(socket);
    const decoder = new NetstringDecoder(maxFrameBytes);
    socket.on("data", (bytes) => {
      try {
        for (const frame of decoder.push(bytes)) {
          const reply = answer(parts, frame);
          if (reply === undefined) continue;
          const send = () => socket.write(encodeNetstring(reply));
          if (address.startsWith("127.") && waitsForDisk(frame)) void parts.kept(keptMs).then(send);
          else send();
          // Whoever asks without reading the answers must not fill our memory.
          if (socket.writableLength > maxUnsentBytes) throw new FrameError("answers are not read");
        }
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        parts.events.rpcFault(address, error);
        socket.destroy();
      }
    });
    socket.on("error", (error) => parts.events.rpcFault(address, error));
    socket.on("close", () => sockets.delete(socket));
  });
  return Object.assign(server, { sockets });
}
