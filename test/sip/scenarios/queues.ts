import { strict as assert } from "node:assert";
import { sipLoad } from "../../../src/components/kamailio/load.ts";
import { kamailioRpc } from "../../../src/components/kamailio/rpc.ts";
import { tellTcpWait } from "../../../src/components/kamailio/tcp-wait.ts";
import { invite, service6 } from "../call.ts";
import { type Scenario, toUri, until } from "../world.ts";
import { flood, meanwhile, nothingRefused, soon, withoutWorkers } from "./overload.ts";

/** Queues that new calls may stand in: what waits there is a reason to refuse some. */

export const queues: Record<string, Scenario> = {
  "requests over TCP that wait in the queue of a connection are a reason for a limit": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const callers = [await world.tcpUa("198.18.77.50"), await world.tcpUa("198.18.77.54")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const calls = () => {
      for (const ua of callers) flood(ua, "5", 5);
    };
    /** As the agent does. */
    const look = async () => {
      const { tcp } = await sipLoad(soon());
      await tellTcpWait(world.server.context, { at: performance.now(), taken: tcp }, soon());
    };
    await meanwhile(20, calls, () =>
      meanwhile(200, look, async () => {
        await until("both are heard", () => callers.every(({ seen }) => seen.length > 0));
        assert.equal((await sipLoad(soon())).limit, 0);
        // Each worker has one of the connections.
        await withoutWorkers(world, /^tcp receiver .*child=0/, () =>
          until("there is a limit", async () => (await sipLoad(soon())).limit > 0, 20_000),
        );
      }),
    );
    await nothingRefused();
    assert.equal((await world.call(await world.ua("198.18.77.52"), "5")).answer.code, 200);
  },
};

/** For a service with addresses of both families. */
export const queues6: Record<string, Scenario> = {
  "IPv6: requests that wait at that socket alone are a reason for a limit": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const [caller, caller6] = [await world.ua("198.18.77.50"), await world.ua("fd00:77::50")];
    world.decides(() => toUri("sip:1@198.18.77.51:5070"));
    const way = async () => {
      const row = await kamailioRpc(world.server.context, "htable.dump", ["way"], soon());
      return JSON.stringify(row);
    };
    await until("the way of its own packets is known", async () => /backat6/.test(await way()));
    await meanwhile(
      20,
      () => flood(caller, "5", 2),
      async () => {
        await until("calls are taken", () => caller.seen.length > 0);
        await withoutWorkers(world, /^udp receiver .*fd00:77::100/i, async () => {
          caller6.send(invite(caller6, "5").text, service6);
          await until("there is a limit", async () => (await sipLoad(soon())).limit > 0, 20_000);
        });
      },
    );
    await nothingRefused();
    assert.equal((await world.call(caller6, "5")).answer.code, 200);
  },
};
