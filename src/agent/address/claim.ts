import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WriteBehind } from "../../base/behind.ts";
import { writeInPlaceLater } from "../../base/in-place.ts";
import { messageOf } from "../../base/message.ts";
import type { HostContext } from "../../cluster/facts.ts";
import { holdsServiceAddress } from "../../host/held-address.ts";

/** Newer than every claim that is known. Pure. */
export const nextTerm = (own: number, known: readonly number[]): number => Math.max(own, ...known) + 1;

/** This host's claim to the service address: does it have it, since when, by which term (which outlives the agent). */
export class Claim {
  private readonly context: HostContext;
  private readonly file: string;
  private readonly kept: WriteBehind;
  private held = false;
  private changedAt = performance.now();
  private ownTerm = 0;

  constructor(context: HostContext, tell: (subject: string, text: string) => void) {
    this.context = context;
    this.file = join(context.dirs.data, "term");
    // Known in memory and by the peers: the agent that has just got the address waits for no disk, and for no space.
    this.kept = new WriteBehind(
      (text) => writeInPlaceLater(this.file, text),
      (error) => tell("term-not-kept", messageOf(error)),
    );
  }

  get holds(): boolean {
    return this.held;
  }

  get term(): number {
    return this.ownTerm;
  }

  /** For how long this host has had the address, as far as this agent knows; undefined: it does not have it. */
  get heldForMs(): number | undefined {
    return this.held ? performance.now() - this.changedAt : undefined;
  }

  /** At the agent's start: as the agent before left it. */
  restore(): void {
    if (existsSync(this.file)) this.ownTerm = Number(readFileSync(this.file, "utf8")) || 0;
    this.held = holdsServiceAddress(this.context);
  }

  /** Looks at the interface. @returns whether the address has come or gone */
  look(): boolean {
    const holds = this.context.self.role === "node" && holdsServiceAddress(this.context);
    if (holds === this.held) return false;
    this.held = holds;
    this.changedAt = performance.now();
    return true;
  }

  /** A new claim, `known`: the terms of the others. */
  renew(known: readonly number[]): void {
    this.ownTerm = nextTerm(this.ownTerm, known);
    this.kept.put(String(this.ownTerm).padEnd(12));
  }
}
