import { strict as assert } from "node:assert";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { limitTcp } from "../../../src/host/tcp-limit.ts";
import { invite, service, service6, withBody } from "../call.ts";
import { header } from "../ua.ts";
import { kinds, type Scenario, toUri } from "../world.ts";
import { sdp } from "./media.ts";

/** Other values of cluster.yaml's `sip` and `media` sections. */
export const settings: Record<
  string,
  {
    run: Scenario;
    sip: Record<string, unknown>;
    media?: Record<string, unknown>;
    address6?: string;
    edge6?: string;
  }
> = {
  "tcp_per_source: one address has no more connections than that, others theirs": {
    sip: { tcp_per_source: 10 },
    address6: `${service6.address}/64`,
    run: async (world) => {
      const { context } = world.server;
      await limitTcp(context);
      const sockets: Socket[] = [];
      try {
        for (const [at, from] of [
          [service, "198.18.77.52"],
          [service6, "fd00:77::52"],
        ] as const) {
          const opened = await Promise.all(
            Array.from({ length: 30 }, async () => {
              const socket = connect({ host: at.address, port: at.port, localAddress: from });
              sockets.push(socket);
              socket.on("error", () => undefined);
              return once(socket, "connect").then(
                () => true,
                () => false,
              );
            }),
          );
          assert.equal(opened.filter(Boolean).length, 10, from);
        }
        const phone = await world.tcpUa("198.18.77.51");
        assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      } finally {
        for (const socket of sockets) socket.destroy();
        context.cluster.sip.tcp_per_source = undefined;
        await limitTcp(context);
      }
    },
  },

  "without_relay: reject: no relay, no call": {
    sip: {},
    media: { without_relay: "reject" },
    run: async (world) => {
      const callee = await world.phone("198.18.77.51", 5070, 200);
      const caller = await world.ua("198.18.77.50");
      world.decides(() => ({ ...toUri("sip:1@198.18.77.51:5070"), media: "relay" }));
      const made = invite(caller, "5");
      caller.send(withBody(made.text, sdp(caller.address, 4002)), service);
      const answer = await caller.wait("a final answer", (m) => m.code >= 200);
      assert.equal(answer.code, 503);
      assert.equal(header(answer, "Retry-After"), "5");
      assert.equal(callee.seen.length, 0);
      assert.equal(kinds(await world.server.waitEvents(made.callId, ["start", "fail"])), "fail start");
    },
  },

  "digest: sha-256 (RFC 8760), for REGISTER and INVITE": {
    sip: { digest: "sha-256", realm: "example.org" },
    run: async (world) => {
      const phone = await world.phone("198.18.77.51", 5070, 200);
      assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
      assert.equal((await world.register(phone, "101", "wrong")).code, 401);
      const challenge = phone.seen.find((m) => m.code === 401);
      assert.match(challenge?.text ?? "", /algorithm=SHA-256/);
      world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "101" }] }));
      const caller = await world.ua("198.18.77.50");
      const called = await world.call(caller, "101", { from: "<sip:102@example.org>", password: "pw-102" });
      assert.equal(called.answer.code, 200);
    },
  },

  "fallback: with both apps dead an unknown number goes to the static fallback": {
    sip: { fallback: "sip:reception@198.18.77.51:5070" },
    run: async (world) => {
      const reception = await world.phone("198.18.77.51", 5070, 200);
      const caller = await world.ua("198.18.77.50");
      world.own.stop();
      world.peer.stop();
      const called = await world.call(caller, "4711");
      assert.equal(called.answer.code, 200);
      await reception.wait("INVITE", (m) => m.text.startsWith("INVITE sip:reception@198.18.77.51:5070"));
      const all = await world.server.waitEvents(called.callId, ["start", "answer"]);
      assert.equal(kinds(all), "answer start");
      assert.equal(all.find((event) => event.kind === "answer")?.decided_by, "static");
    },
  },
};
