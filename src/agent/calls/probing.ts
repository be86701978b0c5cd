import { z } from "zod";
import type { RpcValue } from "../../components/kamailio/binrpc.ts";
import { guardAlarmsSchema } from "../../report/registrations.ts";

/** When carriers are asked by OPTIONS, and what Kamailio is told of what comes of it (sip/carriers.cfg). Times in ms. */

/** What the app says (app/rpc.ts, method `carriers`). */
export const toldSchema = z.object({
  probed: z.array(
    z.object({
      name: z.string(),
      /** Where to ask, by UDP; any of them will do. */
      addresses: z.array(z.object({ host: z.string(), port: z.int() })),
      every_s: z.int().min(1),
    }),
  ),
  /** What guards found to be too much. */
  alarms: guardAlarmsSchema.default([]),
  /** Methods that Kamailio asks about because some rule is for them. Missing: of a release that has no such rules. */
  methods: z.array(z.string()).default([]),
});
export type Told = z.infer<typeof toldSchema>;
export type Probed = Told["probed"][number];

/** What is remembered of one. */
export interface Asked {
  nextAt: number;
  /** It has answered OPTIONS once: others may never do. */
  answers: boolean;
  /** Without an answer, in a row. */
  misses: number;
}

/** While it is silent or left alone, and before its pause ends. */
export const soonMs = 3000;
const enoughMisses = 3;
const firstPauseS = 10;
const longestPauseS = 300;

/** How it is left alone: until when (Unix time, s), for how long this time (s), and after which answer; 408: silence. */
export interface Down {
  until: number;
  pause: number;
  code: number;
}

/** Names and numbers of a table in Kamailio's answer to `htable.dump`. Pure. */
export function numbersIn(dump: RpcValue[]): Map<string, number> {
  const found = (value: RpcValue): [string, number][] => {
    if (Array.isArray(value)) return value.flatMap(found);
    if (typeof value !== "object") return [];
    const { name } = value;
    return typeof name === "string"
      ? [[name, Number(value.value ?? 0)]]
      : Object.values(value).flatMap(found);
  };
  return new Map(dump.flatMap(found));
}

type Order = [method: string, ...parameters: (string | number)[]];

const leaveAlone = (name: string, pause: number, nowS: number): Order[] => [
  ["htable.seti", "ill", name, 408],
  ["htable.seti", "pause", name, pause],
  ["htable.seti", "down", name, nowS + pause],
];

/**
 * What follows from one question. Pure.
 * - Silence is believed of who has answered before: others may not know OPTIONS.
 * - Who was left alone for its silence and answers is called again at once. After faults an answer to OPTIONS says nothing: when the
 *   pause is over a call tries it.
 * - While it stays silent its pause is made longer before it ends, so that no call has to try it.
 * @param down undefined: it is not left alone
 * @param nowS Unix time
 */
export function judged(
  { every_s, name }: Probed,
  before: Asked,
  answered: boolean,
  down: Down | undefined,
  now: number,
  nowS: number,
): { asked: Asked; orders: Order[]; tell?: string } {
  const misses = answered ? 0 : before.misses + 1;
  const asked: Asked = {
    answers: before.answers || answered,
    misses,
    nextAt: now + (answered && !down ? every_s * 1000 : soonMs),
  };
  if (answered && down?.code === 408)
    return {
      asked,
      orders: [
        ["htable.seti", "sick", name, 0],
        ["htable.seti", "pause", name, 0],
        ["htable.delete", "down", name],
      ],
      tell: "answers OPTIONS again",
    };
  if (answered || !before.answers) return { asked, orders: [] };
  if (!down)
    return misses < enoughMisses
      ? { asked, orders: [] }
      : { asked, orders: leaveAlone(name, firstPauseS, nowS), tell: "does not answer OPTIONS any more" };
  if (down.code !== 408 || (down.until - nowS) * 1000 > 2 * soonMs) return { asked, orders: [] };
  const pause = Math.min(longestPauseS, Math.max(firstPauseS, down.pause * 2));
  return { asked, orders: leaveAlone(name, pause, nowS) };
}
