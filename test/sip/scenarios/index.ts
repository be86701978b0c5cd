import type { Scenario } from "../world.ts";
import { answers } from "./answers.ts";
import { attacks } from "./attacks.ts";
import { bodies } from "./bodies.ts";
import { branches } from "./branches.ts";
import { calls } from "./calls.ts";
import { chains } from "./chains.ts";
import { cluster } from "./cluster.ts";
import { dialogs } from "./dialogs.ts";
import { faults } from "./faults.ts";
import { hostile } from "./hostile.ts";
import { identity } from "./identity.ts";
import { media } from "./media.ts";
import { memory } from "./memory.ts";
import { numbers } from "./numbers.ts";
import { offers } from "./offers.ts";
import { overload } from "./overload.ts";
import { passwords } from "./passwords.ts";
import { proxies } from "./proxies.ts";
import { registration } from "./registration.ts";
import { settings } from "./settings.ts";
import { transfers } from "./transfers.ts";
import { transports } from "./transports.ts";

/** name → what happens, and with which `sip` and `media` sections of cluster.yaml. */
export const scenarios: Record<
  string,
  { run: Scenario; sip: Record<string, unknown>; media?: Record<string, unknown> }
> = {
  ...Object.fromEntries(
    Object.entries({
      ...bodies,
      ...calls,
      ...faults,
      ...answers,
      ...attacks,
      ...chains,
      ...branches,
      ...cluster,
      ...dialogs,
      ...hostile,
      ...media,
      ...memory,
      ...numbers,
      ...offers,
      ...overload,
      ...transports,
      ...transfers,
      ...passwords,
      ...registration,
    }).map(([name, run]) => [name, { run, sip: {} }]),
  ),
  ...proxies,
  ...settings,
  ...identity,
};
