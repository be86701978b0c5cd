/** What went wrong, in the words of whoever threw it. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The last line of it: a failed command says there what went wrong. */
export const lastLineOf = (error: unknown): string => messageOf(error).trim().split("\n").at(-1) ?? "";
