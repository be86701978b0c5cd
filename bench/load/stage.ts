import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPhone } from "../../src/callers/phone.ts";
import { routeKnown, routePrefix } from "../../src/drills/api.ts";
import { waitForGreen } from "../../src/drills/cluster-view.ts";
import { type Ground, labGround } from "../../src/drills/ground.ts";
import { type Lab, openLab } from "../../src/lab/lab.ts";
import { activeNodes } from "../../src/lab/readiness.ts";

/** A green lab with a telephone that answers, and what was started is ended again, also when interrupted. */

type RouteHow = Parameters<typeof routePrefix>[4];

export interface Stage extends AsyncDisposable {
  lab: Lab;
  ground: Ground;
  /** For the callers' files. */
  directory: string;
  /** Hosts of the cluster. */
  hosts: string[];
  /** Aborts at SIGINT, SIGTERM, SIGHUP. */
  signal: AbortSignal;
  tell: (text: string) => void;
  /** Lets numbers with this prefix lead to the telephone. */
  route: (prefix: string, how?: RouteHow) => Promise<void>;
  /** Its address and port. */
  phone: string;
  holder: () => Promise<string>;
  green: (deadlineMs?: number) => Promise<number>;
}

const phonePort = 5094;

/**
 * @param given a lab that runs; undefined: one of the name `own` is made, and taken down at the end.
 * @throws Error when it does not get green.
 */
export async function openStage(given: string | undefined, own: string): Promise<Stage> {
  const tell = (text: string) => void process.stderr.write(`${text}\n`);
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(name, () => interrupted.abort(new Error(`ended by ${name}`)));
  const { signal } = interrupted;
  const lab = openLab(given ?? own);
  const directory = mkdtempSync(join(tmpdir(), `dialtone-${own}-`));
  const endings = new AsyncDisposableStack();
  endings.defer(() => rmSync(directory, { recursive: true, force: true }));
  if (given === undefined) {
    await lab.up({ isolated: true, detach: false, fresh: true });
    endings.defer(async () => void (await lab.down({ wipe: true })));
  }
  const green = (deadlineMs = 300_000) => waitForGreen(lab, deadlineMs, () => {}, signal);
  try {
    tell(`green after ${Math.round((await green()) / 1000)} s`);
    const ground = labGround(lab);
    const phone = `${ground.called.address}:${phonePort}`;
    endings.use(await startPhone({ place: ground.called, directory, name: `${own}phone`, port: phonePort }));
    return {
      lab,
      ground,
      directory,
      hosts: Object.entries(lab.state().hosts).flatMap(([host, { data }]) => (data === null ? [] : [host])),
      signal,
      tell,
      phone,
      route: async (prefix, how = {}) => {
        await routePrefix(lab.name, `bench-${own}`, prefix, phone, how);
        await routeKnown(lab, prefix, 60_000);
      },
      holder: async () => activeNodes((await lab.status()).hosts)[0] ?? "",
      green,
      [Symbol.asyncDispose]: () => endings.disposeAsync(),
    };
  } catch (error) {
    await endings.disposeAsync();
    throw error;
  }
}
