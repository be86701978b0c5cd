import { afterEach, expect, test } from "vitest";
import { openUdp, type Place } from "../../sip/transport.ts";
import { UserAgent, type UserAgentOptions } from "../../sip/user-agent/user-agent.ts";
import { ResolvingCall } from "./call.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function agent(invited?: UserAgentOptions["invited"]): Promise<UserAgent> {
  const transport = await openUdp({ address: "127.0.0.1", port: 0 });
  const contact = `<sip:x@127.0.0.1:${transport.local.port}>`;
  const made = new UserAgent({ transport, contact, ...(invited ? { invited } : {}) });
  open.push(made);
  return made;
}

/** A port at which nobody says anything. */
async function silent(): Promise<Place> {
  const transport = await openUdp({ address: "127.0.0.1", port: 0 });
  open.push(transport);
  return transport.local;
}

async function call(places: Place[], patienceMs = 5000): Promise<ResolvingCall> {
  const plan = { agent: await agent(), from: "1", to: "2", domain: "x.test", failoverMs: 100, patienceMs };
  return new Promise((resolve) => {
    const made: ResolvingCall = new ResolvingCall(plan, places, () => queueMicrotask(() => resolve(made)));
  });
}

test("a place that is silent, and one that answers 503, are left for the next; then it is answered and hung up", async () => {
  const ended: string[] = [];
  const busy = await agent((call) => call.reject(503));
  const good = await agent((call) => {
    call.on = { ended: (why) => ended.push(why) };
    call.accept();
  });
  const done = await call([await silent(), busy.transport.local, good.transport.local]);
  expect(done.timeline).toMatchObject({ retransmissions: 2, hungUp: { by: "caller", code: 200 } });
  expect(done.timeline.rejected).toBeUndefined();
  expect(done.timeline.answeredBy).toBe(`sip:x@127.0.0.1:${good.transport.local.port}`);
  expect(ended).toEqual(["bye"]);
});

test("a refusal is final; nobody anywhere is given up", async () => {
  const declining = await agent((call) => call.reject(603, "Decline"));
  const good = await agent((call) => call.accept());
  const refused = await call([declining.transport.local, good.transport.local]);
  expect(refused.timeline.rejected).toMatchObject({ code: 603, reason: "Decline" });
  const unheard = await call([await silent(), await silent()], 300);
  expect(unheard.timeline.cancelled).toBeDefined();
  expect(unheard.timeline.answered).toBeUndefined();
  expect((await call([])).timeline.rejected).toBeUndefined();
});
