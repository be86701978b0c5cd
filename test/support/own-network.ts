import { fileURLToPath } from "node:url";
import { ForksPoolWorker, type PoolRunnerInitializer } from "vitest/node";

/**
 * Each of vitest's processes in a network namespace of its own: what the tests start has fixed addresses and ports (127.77.0.x; 8081
 * for Kamailio), and several files run at the same time, also of two working copies.
 */
class ForkInOwnNetwork extends ForksPoolWorker {
  override async start(): Promise<void> {
    const node = process.execPath;
    // What `fork` runs; `start` calls it before it waits for anything.
    process.execPath = fileURLToPath(new URL("./in-own-network", import.meta.url));
    const started = super.start();
    process.execPath = node;
    await started;
  }
}

export const ownNetwork: PoolRunnerInitializer = {
  name: "forks-in-own-network",
  createPoolWorker: (options) => new ForkInOwnNetwork(options),
};
