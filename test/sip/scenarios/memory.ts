import { strict as assert } from "node:assert";
import type { Ua } from "../ua.ts";
import { rejected, rememberFor, type Scenario, toUri, until, type World } from "../world.ts";

/** Both apps are dead, and Kamailio knows it. */
async function noApps(world: World): Promise<void> {
  world.own.stop();
  world.peer.stop();
  await until("Kamailio has noticed", () => world.own.connections + world.peer.connections === 0);
}

const code = async (world: World, ua: Ua, number: string, user?: string): Promise<number> => {
  const options = user === undefined ? {} : { from: `<sip:${user}@198.18.77.100>`, password: `pw-${user}` };
  return (await world.call(ua, number, options)).answer.code;
};

/** What is remembered for the time without an app goes only to whom the app would have given it. */
export const memory: Record<string, Scenario> = {
  "no app answers: what one user may dial, another user does not get": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const caller = await world.ua("198.18.77.50");
    world.decides(({ user }) =>
      user === "101" ? { ...toUri("sip:1@198.18.77.51:5070"), ...rememberFor("user") } : rejected(403),
    );
    // Both prove themselves once, so that their credentials are known.
    assert.equal(await code(world, caller, "009", "102"), 403);
    assert.equal(await code(world, caller, "009", "101"), 200);
    await noApps(world);
    assert.equal(await code(world, caller, "009", "101"), 200);
    assert.equal(await code(world, caller, "009", "102"), 503);
    assert.equal(await code(world, caller, "009"), 503);
  },

  "no app answers: anyone, one source, one caller, nobody": async (world) => {
    await world.phone("198.18.77.51", 5070, 200);
    const first = await world.ua("198.18.77.50");
    const second = await world.ua("198.18.77.54");
    const scopes: Record<string, Parameters<typeof rememberFor>> = {
      "1": ["anyone"],
      "2": ["source"],
      "3": ["caller"],
      "4": ["never"],
      // Its end has come already.
      "5": ["anyone", -1],
    };
    world.decides(({ number }) => ({
      ...toUri("sip:1@198.18.77.51:5070"),
      ...rememberFor(...(scopes[String(number)] ?? ["never"])),
    }));
    for (const number of Object.keys(scopes)) assert.equal(await code(world, first, number), 200);
    await noApps(world);
    const other = { from: "<sip:other@198.18.77.50>" };
    const got = async (number: string) => [
      await code(world, first, number),
      (await world.call(first, number, other)).answer.code,
      await code(world, second, number),
    ];
    assert.deepEqual(await got("1"), [200, 200, 200]);
    assert.deepEqual(await got("2"), [200, 200, 503]);
    assert.deepEqual(await got("3"), [200, 503, 503]);
    assert.deepEqual(await got("4"), [503, 503, 503]);
    assert.deepEqual(await got("5"), [503, 503, 503]);
  },

  "a rejection takes back what was remembered for this caller, and a narrower scope the wider one": async (
    world,
  ) => {
    await world.phone("198.18.77.51", 5070, 200);
    const first = await world.ua("198.18.77.50");
    const second = await world.ua("198.18.77.54");
    const open = { ...toUri("sip:1@198.18.77.51:5070"), ...rememberFor("anyone") };
    world.decides(() => open);
    assert.equal(await code(world, first, "1"), 200);
    assert.equal(await code(world, first, "2"), 200);
    world.decides(({ number }) =>
      number === "1"
        ? { v: 1, action: "reject", code: 403, reason: "No", rule: "no", rules_version: 2 }
        : { ...open, ...rememberFor("caller") },
    );
    assert.equal(await code(world, first, "1"), 403);
    assert.equal(await code(world, first, "2"), 200);
    await noApps(world);
    assert.equal(await code(world, first, "1"), 503);
    assert.equal(await code(world, first, "2"), 200);
    assert.equal(await code(world, second, "2"), 503);
  },
};
