import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { messageOf } from "../base/message.ts";
import { ask, type Deciding, UndecidedError } from "../call/ask.ts";
import { type Decision, ownMethods, questionSchema } from "../call/contract.ts";
import { dialUser } from "../call/dial-user.ts";
import { scriptLine } from "../call/line.ts";
import { phoneHa1, phoneUserOf } from "../call/phone-login.ts";
import type { ProbeCredentials } from "../call/probe-user.ts";
import { carriersToAsk } from "../carriers/broken.ts";
import { carrierFacts, carrierLogin, registrations } from "../carriers/login.ts";
import type { Reach } from "../carriers/names.ts";
import type { Music } from "../components/rtpengine/music.ts";
import type { Consultation } from "../consult/consultation-schema.ts";
import { numbersOf } from "../directory/numbers.ts";
import { showsPattern } from "../directory/shows.ts";
import { encodeNetstring, FrameError, NetstringDecoder } from "../http/netstring.ts";
import type { LiveRouting } from "../routing/live.ts";
import type { Events } from "../telemetry/log.ts";
import type { LateDecisions } from "./late.ts";

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

const carrierLoginSchema = z.object({ carrier: z.string() });

const brokenSchema = z.object({
  broken: z.array(z.string()).optional(),
  silent: z.array(z.string()).default([]),
});

const waitingSchema = z.object({
  session: z.string(),
  from_tag: z.string(),
  sdp: z.string(),
  source: z.string().optional(),
  own: z.literal(1).optional(),
});

/** Less than Kamailio waits. */
const musicMs = 250;

const lateSchema = z.object({ id: z.string() });

const credentialsSchema = z.object({ user: z.string(), realm: z.string() });

/** What the JSON-RPC server answers with. */
export interface RpcParts extends Deciding<Consultation> {
  live: Pick<
    LiveRouting,
    "seated" | "atDesks" | "registrationsAsked" | "consult" | "state" | "snapshot" | "alarms"
  >;
  realm: string;
  /** What carriers' passwords are sealed with. */
  secret: string;
  probes: ReadonlyMap<string, ProbeCredentials>;
  /** Of telephones in browsers (call/phone-login.ts). */
  phoneSecret: string;
  /** Of the service's own telephone. */
  dialer: ProbeCredentials;
  events: Events;
  /** Carriers that are left alone. */
  broken: { told(names: readonly string[], silent: readonly string[]): void };
  /** Where carriers are that are given by name. */
  reach: Reach;
  /** Decisions for which Kamailio asks again. */
  late: LateDecisions;
  /** Plays to callers who wait (components/rtpengine/music.ts). */
  music: Pick<Music, "playTo">;
  /** Resolves when all that Kamailio has journalled until now is on the disk, or does not get there in time (ms). */
  kept(deadlineMs: number): Promise<boolean>;
}

/** Methods whose answers have passwords in them, or that make this host's relay do something. */
const hostsOwn: ReadonlySet<string> = new Set(["carrier_login", "registrations", "music"]);

type Outcome = { result: unknown } | { error: { code: number; message: string } };

const fault = (code: number, message: string): Outcome => ({ error: { code, message } });

/**
 * Answers one JSON-RPC 2.0 request from memory, never from the database. Undefined for notifications.
 * Methods: `decide` (params = Question, result = Decision), `decide_line` (the same, result = a line for Kamailio's
 * script, call/line.ts; `wait|ID`: ask `decided` with params {id: ID}, where the result is that line; `need|USER,…`: ask again with `registered`: {USER: true, …}), and `credentials` (params {user, realm}, result
 * {user, ha1_md5, ha1_sha256, shows?: the numbers that it may show as a caller, showsPattern}; error 404 "unknown user"),
 * `carrier_login` (params {carrier}, result "USER PASSWORD REALM" as they are, REALM perhaps empty),
 * `carriers` (params {broken?: names, silent?: addresses}: which carriers the agent knows to be left alone, and who does not answer OPTIONS; result: who is to be asked by OPTIONS, what guards found to be too much, and for which of `ownMethods` there are rules),
 * `registrations` (for agents: where to register with which password, carriers/login.ts),
 * these two for this host alone (`local`), as `music` (params {session, from_tag, sdp, source?, own?}: a caller who waits; result {sdp?: what
 * it gets, it hears music then});
 * `kept` (result true: see `waitsForDisk`). A fault of ours is error -32603, and stands in the log.
 */
export function answer(
  parts: RpcParts,
  text: string,
  local = true,
): string | undefined | Promise<string | undefined> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return response(null, fault(codes.parse, messageOf(error)));
  }
  const request = requestSchema.safeParse(json);
  if (!request.success) return response(null, fault(codes.request, z.prettifyError(request.error)));
  const { id, method, params } = request.data;
  // Questions between nodes travel in the clear (docs/decisions/0004-between-the-nodes.md). For Kamailio an app that does not
  // know a carrier is well, and one that does not know a method is not.
  const outcome =
    !local && hostsOwn.has(method)
      ? fault(codes.unknownUser, "unknown carrier")
      : callSafely(parts, method, params);
  if (!(outcome instanceof Promise)) return id === undefined ? undefined : response(id, outcome);
  return outcome.then((settled) => (id === undefined ? undefined : response(id, settled)));
}

const response = (id: string | number | null, outcome: Outcome): string =>
  JSON.stringify({ jsonrpc: "2.0", id, ...outcome });

function callSafely(parts: RpcParts, method: string, params: unknown): Outcome | Promise<Outcome> {
  const failed = (error: unknown): Outcome => {
    if (error instanceof UndecidedError) return fault(codes.internal, error.message);
    parts.events.rpcFailed(method, error);
    return fault(codes.internal, "internal error: see the app's log");
  };
  try {
    const outcome = call(parts, method, params);
    return outcome instanceof Promise ? outcome.catch(failed) : outcome;
  } catch (error) {
    return failed(error);
  }
}

function decideCall(parts: RpcParts, params: unknown, inWords: boolean): Outcome | Promise<Outcome> {
  const question = questionSchema.safeParse(params);
  if (!question.success) return fault(codes.params, z.prettifyError(question.error));
  const said = (decision: Decision): Outcome => ({
    result: inWords ? decision : scriptLine(decision, carrierFacts(parts.live.snapshot)),
  });
  const asked = inWords ? [] : parts.live.registrationsAsked(question.data);
  if (asked.length > 0) return { result: `need|${asked.join(",")}` };
  const found = ask(parts, "rpc", question.data);
  if (!(found instanceof Promise)) return said(found);
  if (inWords) return found.then(said);
  // Kamailio gives an app little time, so that one that hangs is found out soon.
  return parts.late.inTime(found).then((soon) => (typeof soon === "string" ? { result: soon } : said(soon)));
}

function call(parts: RpcParts, method: string, params: unknown): Outcome | Promise<Outcome> {
  const { live, realm, probes } = parts;
  if (method === "decide" || method === "decide_line") return decideCall(parts, params, method === "decide");
  if (method === "decided") {
    const wanted = lateSchema.safeParse(params);
    if (!wanted.success) return fault(codes.params, z.prettifyError(wanted.error));
    const found = parts.late.take(wanted.data.id);
    if (!found) return fault(codes.params, "no such decision, or it was fetched before");
    return found.then((decision) => ({ result: scriptLine(decision, carrierFacts(live.snapshot)) }));
  }
  if (method === "credentials") {
    const wanted = credentialsSchema.safeParse(params);
    if (!wanted.success) return fault(codes.params, z.prettifyError(wanted.error));
    const probe = probes.get(wanted.data.user);
    if (probe && wanted.data.realm === realm) return { result: { user: wanted.data.user, ...probe } };
    if (wanted.data.user === dialUser && wanted.data.realm === realm)
      return { result: { user: dialUser, ...parts.dialer, shows: "." } };
    const whose = phoneUserOf(wanted.data.user, Date.now());
    const user = live.snapshot.parts.users.get(whose ?? wanted.data.user);
    if (!user?.enabled || wanted.data.realm !== realm) return fault(codes.unknownUser, "unknown user");
    const shows = showsPattern(user.may_show ?? [], numbersOf(live.snapshot.indexes.numbers, user.name));
    return {
      result: {
        user: user.name,
        ...(whose === undefined
          ? { ha1_md5: user.ha1_md5, ha1_sha256: user.ha1_sha256 }
          : phoneHa1(parts.phoneSecret, wanted.data.user, realm)),
        ...(shows !== "" && { shows }),
      },
    };
  }
  if (method === "carrier_login") {
    const wanted = carrierLoginSchema.safeParse(params);
    if (!wanted.success) return fault(codes.params, z.prettifyError(wanted.error));
    const login = carrierLogin(live.snapshot, parts.secret, wanted.data.carrier);
    return login ? { result: login } : fault(codes.unknownUser, "unknown carrier");
  }
  if (method === "music") {
    const waiting = waitingSchema.safeParse(params);
    if (!waiting.success) return fault(codes.params, z.prettifyError(waiting.error));
    const { own, ...who } = waiting.data;
    return parts.music
      .playTo({ ...who, own: own === 1 }, AbortSignal.timeout(musicMs))
      .then((sdp) => ({ result: sdp === undefined ? {} : { sdp } }));
  }
  if (method === "registrations") return { result: registrations(live.snapshot, parts.secret, parts.reach) };
  if (method === "carriers") {
    const { broken, silent } = brokenSchema.parse(params ?? {});
    if (broken) parts.broken.told(broken, silent);
    return {
      result: {
        probed: carriersToAsk(live.snapshot, parts.reach.placesOf),
        alarms: live.alarms.all(),
        methods: ownMethods.filter((name) => live.snapshot.indexes.rules.methods[name] > 0),
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
          const reply = answer(parts, frame, address.startsWith("127."));
          if (reply === undefined) continue;
          const send = (text: string | undefined) => {
            if (text !== undefined) socket.write(encodeNetstring(text));
          };
          if (address.startsWith("127.") && waitsForDisk(frame))
            void parts.kept(keptMs).then(async () => send(await reply));
          else if (reply instanceof Promise) void reply.then(send);
          else send(reply);
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
