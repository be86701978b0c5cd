import { machinePort, portOf } from "./names.ts";
import { runNow } from "./shell.ts";
import type { Cut, LabState } from "./state.ts";

/** Everyone, in a cut. */
export const everyone = "*";
/** The machine itself, in a cut. */
export const machineName = "machine";

const portName = (host: string): string => (host === machineName ? machinePort : portOf(host));

/**
 * The ruleset that drops what the cuts say, for the bridge's forward hook (nft(8), family bridge). Pure.
 * Replaces the whole table in one transaction.
 */
export function rulesFor(cuts: readonly Cut[]): string {
  const rule = (from: string, to: string, loss: number): string => {
    const match = [
      ...(from === everyone ? [] : [`iifname "${portName(from)}"`]),
      ...(to === everyone ? [] : [`oifname "${portName(to)}"`]),
      ...(loss === 100 ? [] : [`numgen random mod 100 < ${loss}`]),
    ];
    return `    ${match.join(" ")} drop`;
  };
  const rules = cuts.flatMap((cut) => [
    rule(cut.from, cut.to, cut.loss),
    ...(cut.oneWay ? [] : [rule(cut.to, cut.from, cut.loss)]),
  ]);
  return [
    "add table bridge dialtone",
    "delete table bridge dialtone",
    "table bridge dialtone {",
    "  chain cuts {",
    "    type filter hook forward priority 0; policy accept;",
    ...rules,
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The cuts with one more: it takes the place of an earlier one between the same hosts. Pure. */
export function addCut(cuts: readonly Cut[], added: Cut): Cut[] {
  const same = (cut: Cut) =>
    (cut.from === added.from && cut.to === added.to) ||
    (!(cut.oneWay && added.oneWay) && cut.from === added.to && cut.to === added.from);
  return [...cuts.filter((cut) => !same(cut)), added];
}

/** The cuts that remain when a host's links are repaired. Pure. */
export const cutsWithout = (cuts: readonly Cut[], host: string): Cut[] =>
  cuts.filter((cut) => cut.from !== host && cut.to !== host);

/** Makes the bridge follow the recorded cuts. */
export const applyCuts = (state: LabState): void =>
  runNow("ip", ["netns", "exec", state.switchNamespace, "nft", "-f", "-"], rulesFor(state.cuts));
