import { type Attack, attackWith } from "../../test/hostile/attacker.ts";
import { type Flood, flood } from "./floods.ts";
import { type Forgery, forge } from "./forgeries.ts";
import { type Guessing, guess } from "./guesses.ts";

/** One assault, run in the network namespace of the stranger; its result is one line of JSON. */
export type Task =
  | ({ do: "malformed" } & Attack)
  | ({ do: "guess" } & Guessing)
  | ({ do: "forge" } & Forgery)
  | ({ do: "flood" } & Flood);

export interface Result {
  sent: number;
  /** By the first digit of their code, or in words. */
  answers: Record<string, number>;
  /** What should not have happened. */
  wrong: string[];
}

async function run(task: Task): Promise<Result> {
  switch (task.do) {
    case "malformed": {
      const { udp, tcp, refused, answers } = await attackWith(task);
      return { sent: udp + tcp, answers, wrong: refused > 0 ? [`${refused} connections were refused`] : [] };
    }
    case "guess":
      return guess(task);
    case "forge":
      return forge(task);
    case "flood":
      return flood(task);
  }
}

process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? "") as Task))}\n`);
