import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { ha1 } from "../../src/sip/digest.ts";
import { token } from "../../src/sip/message.ts";
import { openUdp } from "../../src/sip/transport.ts";
import { Registration } from "../../src/sip/user-agent/registration.ts";
import { UserAgent } from "../../src/sip/user-agent/user-agent.ts";
import type { Result } from "./worker.ts";

export interface Forgery {
  service: string;
  realm: string;
  source: string;
  user: string;
  /** Addresses of the nodes: the holder of the service address, and the one whose name is taken in vain. */
  holder: string;
  peer: string;
  vrrpId: number;
  agentPort: number;
  /** TCP ports at the holder that are the cluster's own. */
  ports: number[];
}

/** A row for the table of passwords, as a node would send it to another (Kamailio's dmq and htable). */
function kdmq({ holder, peer, user, realm }: Forgery, port: number): string {
  const now = Math.floor(Date.now() / 1000);
  const strval = `${now}:${ha1(user, realm, "thief").ha1_md5}`;
  const body = JSON.stringify({
    cells: [{ htname: "cred", cname: user, type: 2, strval, expire: now + 3600 }],
  });
  const lines = [
    `KDMQ sip:htable@${holder}:5060 SIP/2.0`,
    `Via: SIP/2.0/UDP ${peer}:${port};branch=z9hG4bK${token()};rport`,
    "Max-Forwards: 1",
    `From: <sip:htable@${peer}:5060>;tag=${token()}`,
    `To: <sip:htable@${holder}:5060>`,
    `Call-ID: ${token()}`,
    "CSeq: 10 KDMQ",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** An advert of VRRP 3 of somebody who wants the address most (RFC 5798 5.1). Its checksum has a pseudo header. */
export function advert(id: number, from: string, to: string, address: string): Buffer {
  const octets = (ip: string) => ip.split(".").map(Number);
  const body = Buffer.from([0x31, id, 255, 1, 0, 1, 0, 0, ...octets(address)]);
  const all = Buffer.from([...octets(from), ...octets(to), 0, 112, 0, body.length, ...body]);
  let sum = 0;
  for (let at = 0; at < all.length; at += 2) sum += all.readUInt16BE(at);
  sum = (sum & 0xffff) + (sum >>> 16);
  body.writeUInt16BE(~(sum + (sum >>> 16)) & 0xffff, 6);
  return body;
}

/** What a TCP port says to a stranger who speaks the apps' language to it; "": nothing. */
async function say(source: string, address: string, port: number): Promise<string> {
  const question = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "credentials",
    params: { user: "1001", realm: "x" },
  });
  const socket = connect({ host: address, port, localAddress: source });
  let heard = "";
  socket.on("error", () => socket.destroy());
  socket.on("data", (data) => {
    heard += data.toString("latin1");
  });
  const opened = await once(socket, "connect", { signal: AbortSignal.timeout(1000) }).then(
    () => true,
    () => false,
  );
  if (opened) {
    socket.write(`${question.length}:${question},`);
    await delay(500);
  }
  socket.destroy();
  return heard;
}

/** In the name of the other node, for 10 s: replication, pulses, VRRP; and the cluster's own ports, as a stranger. */
export async function forge(task: Forgery): Promise<Result> {
  const { service, source, user, holder, peer, vrrpId, agentPort, ports } = task;
  const wrong: string[] = [];
  const answers: Record<string, number> = {};
  let sent = 0;
  const socket = createSocket("udp4");
  socket.bind(0, peer);
  await once(socket, "listening");
  for (const until = performance.now() + 10_000; performance.now() < until; await delay(100)) {
    socket.send(kdmq(task, socket.address().port), 5060, holder);
    socket.send(
      Buffer.concat([Buffer.alloc(16, 7), Buffer.from(JSON.stringify({ v: 1, host: "b", holds: true }))]),
      agentPort,
      holder,
    );
    // From the stranger's own address, and in the other's name from behind a router.
    for (const [from, ttl] of [
      [source, 255],
      [peer, 64],
    ] as const) {
      const input = advert(vrrpId, from, holder, service);
      await execa("socat", ["-u", "-", `IP4-SENDTO:${holder}:112,bind=${from},ttl=${ttl}`], { input });
    }
    sent += 4;
  }
  socket.close();
  for (const port of ports) {
    const heard = await say(source, holder, port);
    sent++;
    answers[`${port}: ${heard === "" ? "nothing" : "words"}`] = 1;
    if (/ha1|result/i.test(heard)) wrong.push(`port ${port} answers a stranger: ${heard.slice(0, 100)}`);
  }
  const transport = await openUdp({ address: source, port: 0 }, "latin1");
  const contact = `<sip:x@${source}:${transport.local.port}>`;
  const agent = new UserAgent({ transport, contact, outbound: { address: service, port: 5060 } });
  const where = { registrar: `sip:${service}`, aor: `sip:${user}@${service}`, contact };
  const thief = await new Registration(agent, where, { user, password: "thief" })
    .register(60, AbortSignal.timeout(3000))
    .catch(() => undefined);
  answers[`${thief?.code ?? "silence"} for the thief`] = 1;
  if (thief?.code === 200) wrong.push("a forged password was believed");
  agent.close();
  return { sent, answers, wrong };
}
