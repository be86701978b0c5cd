import type { Command } from "commander";
import { z } from "zod";
import { type Farm, farmSchema } from "../carriers/farm-schema.ts";
import { apiTargets, ask } from "../client/api.ts";
import { getAll, type Kind } from "./kept.ts";

/** A machine out of all farms that it is in, and back: it gets no new calls, those in progress stay. */

const kind = { what: "farm", path: "farms", schema: farmSchema } satisfies Kind<typeof farmSchema>;
const usualPort = 5060;

/** The farms that change, as they are then. Pure. */
export function farmsWith(
  farms: readonly Farm[],
  { address, port }: { address: string; port: number },
  drained: boolean,
): Farm[] {
  return farms.flatMap((farm) => {
    const targets = farm.targets.map((target) => {
      const meant = target.host === address && (target.port ?? usualPort) === port;
      if (!meant || (target.drained === true) === drained) return target;
      const { drained: _, ...rest } = target;
      return drained ? { ...rest, drained: true as const } : rest;
    });
    return targets.every((target, index) => target === farm.targets[index]) ? [] : [{ ...farm, targets }];
  });
}

/** Farms in which nobody is left to take new calls. Pure. */
export const exhausted = (farms: readonly Farm[]): string[] =>
  farms.filter(({ targets }) => targets.every(({ drained }) => drained)).map(({ name }) => name);

/**
 * @returns the names of the farms that were changed
 * @throws Error when a farm would have nobody left, unless `force`; whatever the API refuses
 */
export async function setDrained(
  command: Command,
  machine: { name: string; address: string; port: number },
  drained: boolean,
  force: boolean,
): Promise<string[]> {
  const changed = farmsWith(await getAll(command, kind), machine, drained);
  const empty = exhausted(changed);
  if (empty.length > 0 && !force)
    throw new Error(
      `${machine.name} is the last one in farm ${empty.join(", ")}: new calls would go to it nevertheless; bring another one back first, or say --force`,
    );
  for (const { name, ...body } of changed)
    await ask(
      apiTargets(command),
      z.object({ rules_version: z.int() }),
      "PUT",
      `/v1/farms/${encodeURIComponent(name)}`,
      body,
    );
  return changed.map(({ name }) => name);
}
