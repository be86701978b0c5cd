/** Does a number match one of the patterns? Pure. */
export const matchesPattern = (patterns: readonly string[], number: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith("*") ? number.startsWith(pattern.slice(0, -1)) : number === pattern,
  );
