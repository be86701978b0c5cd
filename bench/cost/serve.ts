import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * For bench/sip-cost.ts, in a network namespace of its own: the Kamailio of a checkout as its SIP scenarios have it, with
 * an app and a media relay that are not real. Prints Kamailio's pid and runs until its stdin ends.
 * Arguments: the checkout, what each call is answered with (its URI), media (relay or direct).
 */
const [checkout = ".", uri = "", media = "relay"] = process.argv.slice(2);
const from = (file: string): string => pathToFileURL(join(resolve(checkout), "test/sip", file)).href;
const { World, toUri } = (await import(from("world.ts"))) as typeof import("../../test/sip/world.ts");
const { FakeRelay } = (await import(from("fake-relay.ts"))) as typeof import("../../test/sip/fake-relay.ts");

const world = await World.begin();
const relay = await FakeRelay.start();
// As the app answers nearly always.
world.decides(() => ({
  ...toUri(uri),
  media,
  remember: { scope: "anyone", until: Math.floor(Date.now() / 1000) + 86_400 },
}));
process.stdout.write(`${world.server.pid}\n`);
process.stdin.resume();
process.stdin.once("end", () => {
  relay.stop();
  void world[Symbol.asyncDispose]().then(() => process.exit(0));
});
