import { strict as assert } from "node:assert";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sipJournal } from "../../../src/components/kamailio/config.ts";
import { buildRecords } from "../../../src/records/build-record.ts";
import { invite, service } from "../call.ts";
import { header, type SipMessage } from "../ua.ts";
import { rejected, rememberFor, type Scenario, until, type World } from "../world.ts";

/** Users who are logged in at telephones of others (docs/people.md, "At another telephone"). 101 is such a telephone. */

const base = { v: 1, rule: "test", rules_version: 1, record: false, ...rememberFor("never", 0) };

const to = (targets: Record<string, unknown>[], more: Record<string, unknown> = {}) => ({
  ...base,
  action: "route",
  strategy: "serial",
  targets,
  ...more,
});

const recordOf = (world: World, callId: string) =>
  buildRecords(world.server.events(callId), {
    now: Date.now(),
    maxCallMs: 3_600_000,
    maxSetupMs: 300_000,
  })[0];

async function desk(world: World, ...codes: number[]) {
  const phone = await world.phone("198.18.77.51", 5070, ...codes);
  assert.equal((await world.register(phone, "101", "pw-101")).code, 200);
  const dial = (number: string) =>
    world.call(phone, number, {
      from: "<sip:101@198.18.77.100>",
      password: "pw-101",
      contact: "<sip:101@198.18.77.51:5070>",
    });
  return { phone, dial };
}

export const desks: Record<string, Scenario> = {
  "desk: a PIN that is dialled gets into no journal, only the question has it": async (world) => {
    const { dial } = await desk(world);
    world.decides(() => rejected(480, "Logged In: 102"));
    for (const number of ["*11*102*47110815%23", "%2A11%2A102%2A47110815", "*11*102*47110815"]) {
      const { answer, callId } = await dial(number);
      assert.match(answer.first, /480 Logged In: 102/);
      const question = world.own.questions.at(-1) ?? {};
      assert.equal(question.pin, "47110815");
      assert.match(decodeURIComponent(String(question.number)), /^\*11\*102\*PIN$/);
      await world.server.waitEvents(callId, ["start", "fail"]);
      assert.equal(recordOf(world, callId)?.number, "*11*102*PIN");
    }
    const folder = sipJournal(world.server.context);
    const journal = readdirSync(folder).map((file) => readFileSync(join(folder, file), "latin1"));
    assert.doesNotMatch(journal.join(""), /47110815/);
    await dial("*61*102*15");
    assert.equal(world.own.questions.at(-1)?.number, "*61*102*15");
  },

  "desk: who is logged in at a telephone calls as who he is, also further on, and the record says so": async (
    world,
  ) => {
    const { phone, dial } = await desk(world);
    const called = await world.phone("198.18.77.52", 5070, 180, 200);
    assert.equal((await world.register(called, "104", "pw-104")).code, 200);
    world.decides(({ pass }) =>
      pass === undefined
        ? to([{ type: "number", number: "200", on_behalf_of: "102" }], {
            as: "102",
            caller_id: { number: "102", name: "Ada" },
          })
        : to([{ type: "user", user: "104" }]),
    );
    const call = await dial("200200");
    assert.equal(call.answer.code, 200);
    assert.deepEqual(
      world.own.questions.map(({ user, pass }) => [user, pass]),
      [
        ["101", undefined],
        ["102", 2],
      ],
    );
    const got = called.seen.find((m) => m.code === 0 && m.method === "INVITE");
    assert.match(header(got ?? call.answer, "From"), /"Ada" <sip:102@/);
    await world.hangUp(phone, call);
    await world.server.waitEvents(call.callId, ["start", "answer", "end"]);
    assert.equal(recordOf(world, call.callId)?.user, "102");
    assert.equal(world.server.events(call.callId).find(({ kind }) => kind === "start")?.user, "101");
  },

  "desk: a call rings where the user is logged in, is picked up there, and the record says who answered":
    async (world) => {
      const { phone } = await desk(world, 180);
      const own = await world.phone("198.18.77.52", 5070, 180);
      assert.equal((await world.register(own, "102", "pw-102")).code, 200);
      const target = { type: "user", user: "102", step: 0, pickup: ["office"], timeout_ms: 5000 };
      const picker = await world.phone("198.18.77.53", 5070, 180, 200);
      assert.equal((await world.register(picker, "105", "pw-105")).code, 200);
      world.decides(({ number }) =>
        number === "*8"
          ? { ...base, action: "reject", code: 480, reason: "No", take: { user: "102", by: "106" } }
          : to([target, { ...target, phone: "101" }]),
      );
      const caller = await world.ua("198.18.77.50");
      const ring = async () => {
        const call = invite(caller, "102");
        caller.send(call.text, service);
        const isOf = (m: SipMessage) =>
          m.code === 0 && m.method === "INVITE" && header(m, "Call-ID") === call.callId;
        const request = await phone.wait("the INVITE", isOf);
        await own.wait("the INVITE", isOf);
        const answered = async () => {
          const answer = await caller.wait(
            "200",
            (m) => m.code === 200 && header(m, "Call-ID") === call.callId && header(m, "CSeq") === "1 INVITE",
          );
          await world.hangUp(caller, { ...call, answer, ms: 0 });
          const events = await world.server.waitEvents(call.callId, ["start", "answer", "end"]);
          return events.find(({ kind }) => kind === "answer");
        };
        return { request, answered };
      };
      const first = await ring();
      phone.reply(first.request, 200, "OK", { tag: "here" });
      assert.equal((await first.answered())?.answered_by, "102");
      const second = await ring();
      await until("somebody else may take it", async () => {
        const { answer } = await world.call(picker, "*8", {
          from: "<sip:105@198.18.77.100>",
          password: "pw-105",
          contact: "<sip:105@198.18.77.53:5070>",
        });
        return answer.first.includes("Taking The Call");
      });
      assert.equal((await second.answered())?.taken_by, "106");
    },
};
