import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import { expect } from "vitest";
import { patient } from "../../src/base/patience.ts";
import { inNamespace } from "../../src/callers/sipp.ts";
import { type Certificates, certificatesSchema } from "../../src/certificates/certificate-schema.ts";
import { hostDirs, runFiles } from "../../src/cluster/facts.ts";
import { askSocket } from "../../src/http/socket.ts";
import type { Lab } from "../../src/lab/lab.ts";
import { outsideHost } from "../../src/lab/names.ts";
import { type Helper, startAt } from "./at-place.ts";
import type { Guest, GuestNews } from "./web-guest.ts";

/** The web door of a lab with nodes a and b: what its apps say of it, and one browser that stays. */

const main = new URL("../../src/main.ts", import.meta.url).pathname;

export const dataOf = (lab: Lab, host: string): string => lab.state().hosts[host]?.data ?? "";
export const appOf = (lab: Lab, host: string): string => runFiles(hostDirs(dataOf(lab, host))).appSocket;

export const certificatesAt = async (lab: Lab, host: string): Promise<Certificates> =>
  certificatesSchema.parse(
    await askSocket(appOf(lab, host), "GET", "/v1/certificates", { deadlineMs: 5000 }),
  );

export async function until<Value>(
  what: string,
  look: () => Promise<Value | false>,
  ms = 30_000,
): Promise<Value> {
  const deadline = Date.now() + patient(ms);
  let last: unknown = "nothing";
  for (;;) {
    const value = await look().catch((error: unknown) => {
      last = error;
      return false as const;
    });
    if (value !== false) return value;
    if (Date.now() > deadline) throw new Error(`not in time: ${what}; last: ${String(last)}`);
    await delay(200);
  }
}

/** Waits until both nodes say, by both apps, that browsers get this one there. */
export const everywhere = (
  lab: Lab,
  kind: string,
  good: (fingerprint: string) => boolean = () => true,
  ms?: number,
) =>
  until(
    `${kind} at both nodes`,
    async () => {
      const said = await Promise.all(["a", "b"].map((host) => certificatesAt(lab, host)));
      const wanted = said[0]?.used.fingerprint ?? "";
      const same = said.every(
        ({ used, nodes }) =>
          used.kind === kind &&
          used.fingerprint === wanted &&
          nodes.length === 2 &&
          nodes.every((node) => node.fingerprint === wanted && node.problem === null),
      );
      return same && good(wanted) && said[0] ? said[0] : false;
    },
    ms,
  );

/** The command line, as a person uses it. */
export const dialtone = (lab: Lab, ...words: string[]) =>
  execa(process.execPath, [main, "certificates", ...words, "--lab", lab.name], { reject: false });

/** A telephone in a browser that is connected from now on. */
export async function openGuest(lab: Lab, guest: Guest): Promise<Helper<GuestNews>> {
  const place = inNamespace(lab.state().hosts[outsideHost]?.namespace ?? "", "198.18.77.1");
  const helper = startAt<GuestNews>(place, "web-guest.ts", guest);
  await helper.hears("it is connected", ({ is }) => is === "open");
  return helper;
}

/** It is still there: its questions are answered, and it was never told of an end. */
export async function stillThere(guest: Helper<GuestNews>): Promise<void> {
  const before = guest.said.findLast((news) => news.is === "answered");
  const count = before?.is === "answered" ? before.count : 0;
  await guest.hears("another answer", (news) => news.is === "answered" && news.count > count + 2);
  expect(guest.said.filter(({ is }) => is === "closed" || is === "fault")).toEqual([]);
}

export const shownTo = (guest: Helper<GuestNews>, fingerprint: string) =>
  guest.hears(
    `certificate ${fingerprint}`,
    (news) => news.is === "shown" && news.fingerprint === fingerprint,
  );
