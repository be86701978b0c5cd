export interface Counted {
  /** Of the function itself, without what it calls. */
  instructions: number;
  /** How often it was called. */
  calls: number;
}

/**
 * What callgrind wrote down of one process, by function. Pure.
 * https://valgrind.org/docs/manual/cl-format.html
 */
export function countedIn(text: string): Map<string, Counted> {
  const names = new Map<string, string>();
  const all = new Map<string, Counted>();
  const of = (name: string): Counted => {
    const known = all.get(name) ?? { instructions: 0, calls: 0 };
    all.set(name, known);
    return known;
  };
  let [caller, callee, called] = ["", "", false];
  for (const line of text.split("\n")) {
    // A name is written out once; then its number stands for it.
    const named = /^(c?)fn=\((\d+)\)(?: (.*))?$/.exec(line);
    if (named) {
      const [, calling, id = "", full] = named;
      if (full !== undefined) names.set(id, full);
      const name = names.get(id) ?? id;
      if (calling === "") caller = name;
      else callee = name;
    } else if (line.startsWith("calls=")) {
      of(callee).calls += Number(/\d+/.exec(line)?.[0]);
      called = true;
    } else if (/^[0-9+*-]/.test(line)) {
      // The line behind a call says what that cost in all.
      if (!called) of(caller).instructions += Number(line.split(" ")[1] ?? 0);
      called = false;
    }
  }
  return all;
}
