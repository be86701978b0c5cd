import { createWriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";
import type { Place } from "../../src/callers/sipp.ts";

/** A telephone program that takes commands on its standard input and says in words what happens. */
export class Program implements AsyncDisposable {
  readonly name: string;
  private text = "";
  private readonly child: ReturnType<typeof start>;

  constructor(name: string, place: Place, argv: string[], how: { cwd: string; log: string }) {
    this.name = name;
    this.child = start([...place.prefix, ...argv], how.cwd);
    const log = createWriteStream(how.log);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on("data", (data: Buffer) => {
        log.write(data);
        this.text = `${this.text}${data.toString("latin1")}`.slice(-200_000);
      });
  }

  say(command: string): void {
    this.child.stdin.write(`${command}\n`);
  }

  /** From here on `heard` and `until` look at what comes later. */
  forget(): void {
    this.text = "";
  }

  heard(words: RegExp): boolean {
    return words.test(this.text);
  }

  /** What the first group caught, each time that it said so. */
  all(words: RegExp): string[] {
    return [...this.text.matchAll(new RegExp(words, "g"))].flatMap(([, caught]) => caught ?? []);
  }

  /** @throws Error when it does not say so in time */
  async until(words: RegExp, ms = 8000): Promise<void> {
    for (const end = performance.now() + ms; !this.heard(words); await delay(50))
      if (performance.now() > end) throw new Error(`${this.name} did not say ${words} within ${ms} ms`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill();
    await this.child;
  }
}

const start = ([program = "", ...rest]: string[], cwd: string) =>
  execa(program, rest, {
    ...{ cwd, env: { HOME: cwd, TERM: "dumb" }, reject: false, buffer: false, forceKillAfterDelay: 1000 },
    ...{ stdin: "pipe", stdout: "pipe", stderr: "pipe" },
  } as const);
