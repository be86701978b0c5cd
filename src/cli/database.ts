import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import type { Desk } from "../change/desk.ts";
import { interruptible } from "./interruptible.ts";
import { deskOf, hostIn, type Where, withPlace } from "./maintenance.ts";

/** `dialtone database`: what a person decides about two databases that follow each other (docs/two-sites.md). */

const lookMs = 500;

/** Waits until the database of `node` has been copied and follows again. @throws Error when the signal aborts. */
export async function copied(
  desk: Desk,
  node: string,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<void> {
  let begun = false;
  let told = "";
  for (;;) {
    const report = (await desk.view()).entries.find((entry) => entry.report.host === node)?.report;
    const facts = report?.database?.facts?.replication;
    // The old server answers until it is down.
    if (facts === undefined || facts.state === "copying") begun = true;
    else if (begun && facts.state === "following") return;
    const text = facts?.state ?? report?.database?.waiting ?? "starting";
    if (text !== told) tell(`${node}: ${text}`);
    told = text;
    await delay(lookMs, undefined, { signal });
  }
}

export function registerDatabase(program: Command): void {
  const group = program
    .command("database")
    .description("two databases that follow each other (database.replication: asynchronous)");
  withPlace(group.command("renew <node>"))
    .description(
      "put a node's data aside and copy the other node's: the way out when replication has stopped",
    )
    .addHelpText(
      "after",
      `
What only this node had of users, numbers and rules is lost to the service; it stays in DATA/mariadb-before of that node
until the next time. Call events that the other node lacks come back from this node's journal (kept for days).
Refused while the node holds the service address. Exit code: 0 it has the data and follows, 1 not.

Example:
  dialtone database renew b`,
    )
    .action(async (word: string, options: Where, command: Command) => {
      const { desk, print } = deskOf(options, command);
      const node = hostIn(await desk.view(), word);
      const done = await desk.order(node, { kind: "renew-database" });
      const tell = (text: string) => void process.stderr.write(`${text}\n`);
      tell(`${node}: ${done.text}`);
      await interruptible((signal) => copied(desk, node, signal, tell));
      print(`${node} has the data of the other node and follows it`, { node, renewed: true });
    });
}
