import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { sipLoad } from "../../../src/components/kamailio/load.ts";
import { kamailioFacts } from "../../../src/components/kamailio/rpc.ts";
import { ha1 } from "../../../src/sip/digest.ts";
import { openUdp } from "../../../src/sip/transport.ts";
import { UserAgent } from "../../../src/sip/user-agent/user-agent.ts";
import { attackWith } from "../../hostile/attacker.ts";
import { inDialog, service } from "../call.ts";
import { header, parse, token } from "../ua.ts";
import { rejected, type Scenario, toUri, until, type World } from "../world.ts";

const facts = (world: World) => kamailioFacts(world.server.context, AbortSignal.timeout(2000));

/** The server's processes, itself first. */
const processes = (world: World): number[] =>
  [
    world.server.pid,
    ...readFileSync(`/proc/${world.server.pid}/task/${world.server.pid}/children`, "utf8")
      .split(" ")
      .filter(Boolean)
      .map(Number),
  ].sort((one, other) => one - other);

/** Memory of the processes' own (proc(5), smaps_rollup), KiB; what they share is counted by the server itself. */
const ownMemory = (pids: number[]): number =>
  pids
    .map((pid) =>
      Number(/^Pss_Anon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0),
    )
    .reduce((sum, pss) => sum + pss, 0);

const forbidden = rejected(403);

/** What strangers send who mean it. */
export const hostile: Record<string, Scenario> = {
  "a datagram in the name of another node changes nothing without the cluster's seal": async (world) => {
    // The address of node b; no such packet of the real b carries a seal by chance.
    const forger = await world.ua("198.18.77.12");
    const thief = await world.ua("198.18.77.54");
    const realm = "198.18.77.100";
    const cells = [
      {
        ...{ htname: "cred", cname: "101", type: 2, expire: Math.floor(Date.now() / 1000) + 1000 },
        strval: `${Math.floor(Date.now() / 1000)}:${ha1("101", realm, "thief").ha1_md5}`,
      },
    ];
    const body = JSON.stringify({ cells });
    const seals = [[], ["X-Dialtone-Seal: "], [`X-Dialtone-Seal: ${"0".repeat(64)}`]];
    for (const [index, seal] of seals.entries()) {
      forger.send(
        `${[
          "KDMQ sip:htable@198.18.77.11:5060 SIP/2.0",
          `Via: SIP/2.0/UDP 198.18.77.12:${forger.port};branch=z9hG4bK${token()};rport`,
          "Max-Forwards: 1",
          `From: <sip:htable@198.18.77.12:5060>;tag=${token()}`,
          "To: <sip:htable@198.18.77.11:5060>",
          `Call-ID: ${token()}`,
          "CSeq: 10 KDMQ",
          ...seal,
          "Content-Type: application/json",
          `Content-Length: ${body.length}`,
        ].join("\r\n")}\r\n\r\n${body}`,
        { address: "198.18.77.11", port: 5060 },
      );
      await until("the forged message is counted", async () => {
        const { intruders } = await sipLoad(AbortSignal.timeout(1000));
        return intruders?.forged === index + 1;
      });
    }
    assert.equal((await world.register(thief, "101", "thief")).code, 401);
    assert.equal((await world.register(thief, "101", "pw-101")).code, 200);
    assert.equal(forger.seen.length, 0);
  },

  "nobody has what he likes sent on as a request of a call that never was, or of another one": async (
    world,
  ) => {
    const victim = await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    const thief = await world.ua("198.18.77.54");
    world.decides(({ number }) => (number === "5" ? toUri("sip:1@198.18.77.51:5070") : forbidden));
    const called = await world.call(caller, "5");
    const theirs = victim.seen.length;
    const fake = parse(
      `SIP/2.0 200 OK\r\nFrom: <sip:a@x>;tag=1\r\nTo: <sip:b@y>;tag=2\r\nCall-ID: ${token()}\r\nCSeq: 1 INVITE\r\nContact: <sip:0900@198.18.77.51:5070>\r\n\r\n`,
      service,
    );
    // RFC 3261 16.4: a Route that names us is not yet a call of ours. One that was ours in another call neither.
    const routes = [
      [`<sip:${service.address};lr>`],
      [`<sip:${service.address};lr;on=a;st=1;k=0123456789abcdef>`],
      [header(called.answer, "Record-Route")],
    ];
    let cseq = 1;
    for (const route of routes)
      for (const method of ["INVITE", "REFER", "BYE", "MESSAGE", "ACK"]) {
        thief.send(inDialog(thief, fake, method, ++cseq, route), service);
        if (method === "ACK") continue;
        const wanted = `${cseq} ${method}`;
        const answer = await thief.wait(
          `an answer to ${method}`,
          (m) => header(m, "CSeq") === wanted && m.code >= 200,
        );
        assert.equal(answer.code, 404, method);
      }
    assert.equal(victim.seen.length, theirs);
    assert.equal((await world.hangUp(caller, called)).code, 200);
  },

  "who guesses names is banned as who guesses passwords, and the names are not kept": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const guesser = await world.ua("198.18.77.54");
    const other = await world.ua("198.18.77.50");
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    // The same answer for a name that exists and for one that does not (also to who knows what stands for "nobody").
    for (let i = 0; i < 20; i++) assert.equal((await world.register(guesser, `x${i}`, "-")).code, 401);
    await assert.rejects(world.register(guesser, "101", "pw-101"), /waited 3000 ms for a challenge/);
    assert.equal((await world.register(other, "101", "pw-101")).code, 200);
    assert.equal((await world.call(other, "5")).answer.code, 200);
  },

  "8,000 malformed messages over UDP and TCP: nothing breaks, nothing gets in, no memory is lost, and a call works beside":
    async (world) => {
      const victim = await world.phone("198.18.77.51", 5070, 200);
      world.decides(({ number, source }) =>
        number === "5" && (source as { address: string }).address === "198.18.77.50"
          ? { ...toUri("sip:1@198.18.77.51:5070"), media: "direct" }
          : forbidden,
      );
      const attack = (seed: number) =>
        attackWith({
          ...{ service: service.address, sources: ["198.18.77.52", "198.18.77.53", "198.18.77.54"] },
          ...{ users: ["101", "102", "5", "nobody"], from: 0, count: 4000, perSecond: 2500, tcpOneOf: 50 },
          seed,
        } as const);
      const idle = () =>
        until("all transactions are over", async () => (await facts(world)).transactions === 0, 15_000);
      const ids = new Set<string>();
      // Repeats itself as a telephone does: what a queue has no room for comes again.
      const transport = await openUdp({ address: "198.18.77.50", port: 0 }, "latin1");
      const { address, port } = transport.local;
      const contact = `<sip:caller@${address}:${port}>`;
      using endings = new DisposableStack();
      const telephone = new UserAgent({ transport, contact, outbound: service });
      endings.defer(() => telephone.close());
      /** Calls beside the attack. */
      const callUntil = async (done: Promise<unknown>) => {
        let over = false;
        void done.finally(() => {
          over = true;
        });
        while (!over) {
          const call = telephone.call({ uri: `sip:5@${service.address}`, from: contact });
          assert.equal((await call.invite()).code, 200);
          ids.add(call.callId);
          assert.equal((await call.bye()).code, 200);
        }
      };
      // The first time everything that is kept grows to its size.
      const first = attack(4475);
      await callUntil(first);
      await idle();
      const before = processes(world);
      const [free, pss] = [(await facts(world)).memory.free, ownMemory(before)];
      const second = attack(4475);
      await callUntil(second);
      await idle();
      const [freeAfter, pssAfter] = [(await facts(world)).memory.free, ownMemory(before)];
      const sent = await second;
      const ended = before.filter((pid) => !processes(world).includes(pid));
      assert.deepEqual(ended, [], "no process ended");
      assert.ok(sent.tcp > 60, `only ${sent.tcp} connections`);
      assert.ok((sent.answers["4"] ?? 0) > 300, JSON.stringify(sent.answers));
      assert.ok(free - freeAfter < 256 * 1024, `${free - freeAfter} bytes of shared memory are gone`);
      assert.ok(pssAfter - pss < 4096, `the processes have grown by ${pssAfter - pss} KiB`);
      const strangers = victim.seen.filter(
        ({ method, code, text }) => code === 0 && method === "INVITE" && !ids.has(header(text, "Call-ID")),
      );
      assert.deepEqual(
        strangers.map(({ first: line }) => line),
        [],
        "no call of a stranger got through",
      );
      assert.doesNotThrow(() => world.server.events());
    },
};
