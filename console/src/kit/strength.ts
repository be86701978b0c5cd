/** What a new password's meter shows. The app judges anew, by the same rules (src/access/strength.ts). All pure. */

export interface Judged {
  /** 0 to 4, as zxcvbn-ts counts: 3 are at least 10^8 guesses. */
  score: number;
  /** By a word of zxcvbn-ts' own. */
  warning: string | null;
}

export type Hint = "short" | "name" | "common" | "pattern";

export interface Strength {
  /** 1 to 4: so many bars. */
  level: number;
  hint?: Hint;
}

const shortestName = 4;
const common = new Set(["topTen", "topHundred", "common", "similarToCommon", "pwned"]);
const pattern = new Set(["straightRow", "keyPattern", "simpleRepeat", "extendedRepeat", "sequences"]);

/** What nobody should take: pieces of a person's names, and the service's. */
export const namesOf = (...texts: readonly unknown[]): string[] => [
  ...new Set(
    [
      "dialtone",
      ...texts.flatMap((text) => (typeof text === "string" ? [text, ...text.split(/[\s.,_@-]+/)] : [])),
    ]
      .map((one) => one.toLowerCase())
      .filter((one) => one !== ""),
  ),
];

/** @param least characters */
export function strengthOf(
  password: string,
  names: readonly string[],
  least: number,
  { score, warning }: Judged,
): Strength {
  const level = Math.max(1, score);
  const text = password.normalize("NFKC").toLowerCase();
  if (names.some((name) => name.length >= shortestName && text.includes(name)))
    return { level: 1, hint: "name" };
  if (score < 3 && common.has(warning ?? "")) return { level, hint: "common" };
  if (score < 3 && pattern.has(warning ?? "")) return { level, hint: "pattern" };
  if ([...password].length < least) return { level: Math.min(level, 2), hint: "short" };
  return { level };
}
