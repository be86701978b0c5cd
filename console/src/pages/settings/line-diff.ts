/** Two documents as text, line by line. All pure. */

export interface DiffLine {
  kind: "same" | "out" | "in";
  text: string;
}
/** Lines, or that so many which are the same are not shown. */
export type Shown = DiffLine | { kind: "skipped"; count: number };

/** So many pairs of lines are compared at most; of what is longer, all goes out and all comes in. */
const mostPairs = 4_000_000;

/** In lines, members in the order of their names; nothing: no lines. */
export function linesOf(value: unknown): string[] {
  if (value === null || value === undefined) return [];
  const sorted = (_name: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([one], [other]) => (one < other ? -1 : 1)))
      : inner;
  return JSON.stringify(value, sorted, 2).split("\n");
}

/** The fewest lines that go out and come in. */
export function diffLines(before: readonly string[], after: readonly string[]): DiffLine[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const same = (text: string): DiffLine => ({ kind: "same", text });
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** By the longest common subsequence. */
function middle(before: readonly string[], after: readonly string[]): DiffLine[] {
  const [rows, columns] = [before.length, after.length];
  const out = (text: string): DiffLine => ({ kind: "out", text });
  const come = (text: string): DiffLine => ({ kind: "in", text });
  if (rows * columns > mostPairs) return [...before.map(out), ...after.map(come)];
  const width = columns + 1;
  /** Of what is left of both from these lines on: how many are common. */
  const common = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--)
    for (let column = columns - 1; column >= 0; column--)
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
  const lines: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    const [one, other] = [before[row], after[column]];
    if (one !== undefined && one === other) {
      lines.push({ kind: "same", text: one });
      row++;
      column++;
    } else if (one !== undefined && (other === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(out(one));
      row++;
    } else if (other !== undefined) {
      lines.push(come(other));
      column++;
    }
  }
  return lines;
}

/** Without what is the same and further away than `around` lines from what is not. */
export function folded(lines: readonly DiffLine[], around = 3): Shown[] {
  const near = new Set<number>();
  for (const [at, { kind }] of lines.entries())
    if (kind !== "same") for (let by = -around; by <= around; by++) near.add(at + by);
  const shown: Shown[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near.has(at)) shown.push(line);
    else if (last?.kind === "skipped") last.count++;
    else shown.push({ kind: "skipped", count: 1 });
  }
  return shown;
}
