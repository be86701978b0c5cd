import { connect } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { execa } from "execa";
import { z } from "zod";
import { HttpClient } from "../src/http/client.ts";
import { appSocketOf } from "../src/lab/agents.ts";
import { openLab } from "../src/lab/lab.ts";
import { percentile, report, rounded } from "./common.ts";

/**
 * How long the app takes to decide a call, as the caller of the app sees it: JSON-RPC over netstrings on loopback
 * (as Kamailio asks) and HTTP over the unix socket (as anybody else may ask), one request after the other.
 *
 *   node bench/decision.ts [--lab lab] [--host a] [--count 5000]
 */
const { values } = parseArgs({
  options: {
    lab: { type: "string", default: "lab" },
    host: { type: "string", default: "a" },
    count: { type: "string", default: "5000" },
    inside: { type: "boolean", default: false },
  },
});
const count = Number(values.count);

const question = (index: number) => ({
  v: 1,
  call_id: `bench-${process.pid}-${index}`,
  from: { user: "0445550101", domain: "198.18.77.1" },
  to: { user: "5000", domain: "198.18.77.100" },
  request_uri: "sip:5000@198.18.77.100",
  number: "5000",
  transport: "udp",
  source: { address: "198.18.77.1", port: 5060 },
});

/** Milliseconds of each JSON-RPC request; runs in the host's namespace. */
async function overJsonRpc(): Promise<number[]> {
  const socket = connect({ host: "127.0.0.1", port: 8081, noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  const times: number[] = [];
  let buffer = Buffer.alloc(0);
  for (let index = 0; index < count; index++) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: index + 1, method: "decide", params: question(index) });
    const from = performance.now();
    socket.write(`${Buffer.byteLength(body)}:${body},`);
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        buffer = Buffer.concat([buffer, chunk]);
        const colon = buffer.indexOf(":");
        const end = colon + 1 + Number(buffer.toString("ascii", 0, colon));
        if (colon < 0 || buffer.length <= end) return;
        socket.off("data", onData);
        const answer = buffer.toString("utf8", colon + 1, end);
        buffer = buffer.subarray(end + 1);
        if (answer.includes('"result"')) resolve();
        else reject(new Error(answer));
      };
      socket.on("data", onData);
    });
    times.push(performance.now() - from);
  }
  socket.destroy();
  return times;
}

async function overHttp(socketPath: string): Promise<number[]> {
  await using client = new HttpClient({ name: socketPath, socketPath, connections: 1 });
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const from = performance.now();
    await client.json({ method: "POST", path: "/v1/calls/decide", body: question(index) });
    times.push(performance.now() - from);
  }
  return times;
}

if (values.inside) process.stdout.write(JSON.stringify(await overJsonRpc()));
else {
  const lab = openLab(values.lab);
  const data = lab.state().hosts[values.host]?.data;
  if (!data) throw new Error(`lab '${values.lab}' has no node '${values.host}'`);
  const [command = "", ...prefix] = lab.prefix(values.host);
  const self = [process.execPath, fileURLToPath(import.meta.url), "--inside", "--count", values.count];
  const { stdout } = await execa(command, [...prefix, ...self]);
  const row = (way: string, times: number[]) => {
    // The first requests warm both sides up.
    const warm = times.slice(Math.min(200, times.length >> 2));
    const at = (share: number) => rounded(percentile(warm, share), 3);
    return {
      way,
      requests: warm.length,
      "p50 ms": at(0.5),
      "p99 ms": at(0.99),
      "p99.9 ms": at(0.999),
      "max ms": at(1),
    };
  };
  await report("decision", [
    row("JSON-RPC, loopback", z.array(z.number()).parse(JSON.parse(stdout))),
    row("HTTP, unix socket", await overHttp(appSocketOf(data))),
  ]);
}
