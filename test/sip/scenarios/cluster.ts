import { strict as assert } from "node:assert";
import { probeUser } from "../../../src/call/probe-user.ts";
import { kamailioFacts, kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { ProbeTelephone } from "../../../src/probe/telephone.ts";
import { FakeRelay } from "../fake-relay.ts";
import { context, Server } from "../server.ts";
import { ha1, header, token, type Ua } from "../ua.ts";
import { type Scenario, toUri, until, type World } from "../world.ts";

const soon = () => AbortSignal.timeout(2000);
export const serviceOfB = { address: "198.18.77.101", port: 5060 };

/** Node b beside node a in one network namespace: only therefore it has a service address of its own here. */
export async function withB(world: World, run: (b: Server) => Promise<void>): Promise<void> {
  const b = new Server(context(world.folder, {}, "b", "198.18.77.101/24"));
  await b.start();
  try {
    await until("b's Kamailio is connected to the app too", () => world.own.connections === 2);
    await run(b);
  } finally {
    await b.stop("SIGKILL");
  }
}

const contacts = async (server: Server) => (await kamailioFacts(server.context, soon())).contacts;

const peersActive = (server: Server) => async () =>
  (await kamailioFacts(server.context, soon())).peers.every((peer) => peer.status === "active");

/** Two nodes. */
export const cluster: Record<string, Scenario> = {
  "locations, last decisions and passwords reach the other node, and come back after its restart": async (
    world,
  ) => {
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user: "101" }] }));
    const desk = await world.phone("198.18.77.51", 5070, 200);
    assert.equal((await world.register(desk, "101", "pw-101")).code, 200);
    await withB(world, async (b) => {
      await until(
        "b knows what was registered before it started",
        async () => (await contacts(b)) === 1,
        8000,
      );
      await until("a sees b", peersActive(world.server));
      const soft = await world.phone("198.18.77.52", 5070, 200);
      assert.equal((await world.register(soft, "102", "pw-102", serviceOfB)).code, 200);
      await until("a knows what was registered at b", async () => (await contacts(world.server)) === 2);
      const caller = await world.ua("198.18.77.50");
      assert.equal((await world.call(caller, "101")).answer.code, 200);
      await until("b has the last decision", async () =>
        kamailioRpc(b.context, "htable.get", ["last", "c  198.18.77.50 101 caller"], soon()).then(
          () => true,
          () => false,
        ),
      );
      await b.stop("SIGKILL");
      await b.start();
      await until("the restarted b knows both", async () => (await contacts(b)) === 2, 8000);
      world.own.stop();
      world.peer.stop();
      assert.equal((await world.register(desk, "101", "pw-101", serviceOfB)).code, 200);
    });
  },

  "what is needed to end a relayed call reaches the other node, comes back after its restart, and is forgotten there too":
    async (world) => {
      const relay = await FakeRelay.start();
      try {
        await withB(world, async (b) => {
          await until("a sees b", peersActive(world.server));
          world.decides(() => ({ ...toUri("sip:1@198.18.77.51:5070"), media: "relay" }));
          await world.phone("198.18.77.51", 5070, 200);
          const caller = await world.ua("198.18.77.50");
          const called = await world.call(caller, "1");
          assert.equal(called.answer.code, 200);
          const rowAt = (server: Server) =>
            kamailioRpc(server.context, "htable.get", ["dlg", called.callId], soon()).then(
              (row) => JSON.stringify(row),
              () => "",
            );
          const known = async () => (await rowAt(b)).includes("198.18.77.51");
          await until("b knows the call", known);
          assert.equal(await rowAt(b), await rowAt(world.server));
          // What JSON would write in another way goes by itself, and disturbs no other.
          const strange = 'q"x\\y@198.18.77.50';
          assert.equal((await world.call(caller, "1", { callId: strange })).answer.code, 200);
          await until("b knows the strange one", async () =>
            kamailioRpc(b.context, "htable.get", ["dlg", strange], soon()).then(
              () => true,
              () => false,
            ),
          );
          await b.stop("SIGKILL");
          await b.start();
          await until("the restarted b knows it", known, 8000);
          await world.hangUp(caller, called);
          const gone = async () => (await rowAt(world.server)) + (await rowAt(b)) === "";
          await until("both have forgotten it", gone, 15_000);
        });
      } finally {
        relay.stop();
      }
    },

  "the functional test's telephone, at the node's own address, calls itself and hangs up": async (world) => {
    const { cluster: described, self } = world.server.context;
    const user = probeUser(self.name);
    for (const app of [world.own, world.peer])
      app.credentials = (asked) => ({ user, ...ha1(asked.user, asked.realm, "secret") });
    world.decides(() => ({ ...toUri(), targets: [{ type: "user", user }] }));
    const place = { address: self.address, port: described.sip.port };
    const telephone = await ProbeTelephone.open(place, user, ha1(user, described.sip.realm, "secret"));
    try {
      await telephone.register(soon());
      await telephone.call(soon());
    } finally {
      telephone.close();
    }
  },

  "a challenge of one node can be answered at the other": async (world) => {
    await withB(world, async () => {
      const phone: Ua = await world.ua("198.18.77.51", 5070);
      const { authorize } = await import("../ua.ts");
      const text = (cseq: number, at: string, extra: string[]) =>
        `${[
          `REGISTER sip:${at} SIP/2.0`,
          `Via: SIP/2.0/UDP ${phone.address}:${phone.port};branch=z9hG4bK${token()};rport`,
          "Max-Forwards: 70",
          `From: <sip:101@${at}>;tag=${token()}`,
          `To: <sip:101@${at}>`,
          "Call-ID: same-call-id",
          `CSeq: ${cseq} REGISTER`,
          `Contact: <sip:101@${phone.address}:${phone.port}>`,
          ...extra,
          "Content-Length: 0",
        ].join("\r\n")}\r\n\r\n`;
      phone.send(text(1, "198.18.77.100", []), { address: "198.18.77.100", port: 5060 });
      const challenge = await phone.wait("401", (m) => m.code === 401);
      const answer = authorize(
        header(challenge, "WWW-Authenticate"),
        "101",
        "pw-101",
        "REGISTER",
        "sip:198.18.77.101",
      );
      phone.send(text(2, "198.18.77.101", [`Authorization: ${answer}`]), serviceOfB);
      const final = await phone.wait("an answer from b", (m) => header(m, "CSeq") === "2 REGISTER");
      assert.equal(final.code, 200);
    });
  },
};
