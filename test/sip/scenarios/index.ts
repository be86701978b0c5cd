import { service6 } from "../call.ts";
import type { Scenario } from "../world.ts";
import { answers } from "./answers.ts";
import { attacks } from "./attacks.ts";
import { bodies } from "./bodies.ts";
import { branches } from "./branches.ts";
import { browsers } from "./browsers.ts";
import { calls } from "./calls.ts";
import { carrierRegistrations } from "./carrier-registrations.ts";
import { carriers } from "./carriers.ts";
import { chains } from "./chains.ts";
import { cluster } from "./cluster.ts";
import { desks } from "./desks.ts";
import { dialogs } from "./dialogs.ts";
import { dials } from "./dials.ts";
import { edges } from "./edges.ts";
import { faults } from "./faults.ts";
import { gruu } from "./gruu.ts";
import { hostile } from "./hostile.ts";
import { identity } from "./identity.ts";
import { ipv6 } from "./ipv6.ts";
import { ipv6Outward } from "./ipv6-outward.ts";
import { media } from "./media.ts";
import { memory } from "./memory.ts";
import { numbers } from "./numbers.ts";
import { offers } from "./offers.ts";
import { others } from "./others.ts";
import { overload } from "./overload.ts";
import { passwords } from "./passwords.ts";
import { pickup } from "./pickup.ts";
import { proxies } from "./proxies.ts";
import { queues, queues6 } from "./queues.ts";
import { registrarFarms } from "./registrar-farms.ts";
import { registration } from "./registration.ts";
import { services } from "./services.ts";
import { settings } from "./settings.ts";
import { status } from "./status.ts";
import { histories, steps } from "./steps.ts";
import { ownTimes } from "./times.ts";
import { transfers } from "./transfers.ts";
import { transports } from "./transports.ts";

/** name → what happens, and with which `sip` and `media` sections of cluster.yaml. */
export const scenarios: Record<
  string,
  {
    run: Scenario;
    sip: Record<string, unknown>;
    media?: Record<string, unknown>;
    address6?: string;
    edge6?: string;
  }
> = {
  ...Object.fromEntries(
    Object.entries({
      ...bodies,
      ...browsers,
      ...calls,
      ...faults,
      ...gruu,
      ...answers,
      ...attacks,
      ...carriers,
      ...carrierRegistrations,
      ...chains,
      ...branches,
      ...cluster,
      ...desks,
      ...dialogs,
      ...dials,
      ...hostile,
      ...media,
      ...memory,
      ...numbers,
      ...offers,
      ...others,
      ...overload,
      ...ownTimes,
      ...transports,
      ...transfers,
      ...passwords,
      ...pickup,
      ...queues,
      ...registration,
      ...services,
      ...registrarFarms,
      ...status,
      ...steps,
    }).map(([name, run]) => [name, { run, sip: {} }]),
  ),
  ...edges,
  ...ipv6,
  ...ipv6Outward,
  ...Object.fromEntries(
    Object.entries(queues6).map(([name, run]) => [
      name,
      { run, sip: {}, address6: `${service6.address}/64` },
    ]),
  ),
  ...proxies,
  ...settings,
  ...histories,
  ...identity,
};
