import { existsSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { messageOf } from "../base/message.ts";
import { openLab } from "./lab.ts";
import { labPaths } from "./names.ts";

/**
 * A fence program for labs, with the interface of the ClusterLabs ones (FenceAgentAPI): `name=value` lines on stdin, exit
 * code 0, 1, or 2 (`status`: it is off). Options: lab, plug (the host). While the lab has a file `fence-fails`, it does not obey.
 */
const given = Object.fromEntries(
  (await text(process.stdin)).split("\n").flatMap((line) => {
    const at = line.indexOf("=");
    return at > 0 ? [[line.slice(0, at).trim(), line.slice(at + 1).trim()]] : [];
  }),
);

async function act(): Promise<number> {
  const { lab = "", plug = "", action = "" } = given;
  const host = openLab(lab).state().hosts[plug];
  if (!host) throw new Error(`lab '${lab}' has no host '${plug}'`);
  if (existsSync(join(labPaths(lab).root, "fence-fails"))) throw new Error("the plug does not obey");
  if (action === "metadata" || action === "monitor") return 0;
  if (action === "status") return host.powered ? 0 : 2;
  if (action === "on") {
    await openLab(lab).heal(plug);
    return 0;
  }
  if (action !== "off") throw new Error(`unknown action '${action}'`);
  if (host.powered) await openLab(lab).kill(plug);
  return 0;
}

try {
  process.exitCode = await act();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
