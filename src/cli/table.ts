import CliTable from "cli-table3";

/** A plain table without frames, for people. */
export function table(head: string[], rows: (string | number)[][]): string {
  const bare = new CliTable({
    head,
    chars: {
      top: "",
      "top-mid": "",
      "top-left": "",
      "top-right": "",
      bottom: "",
      "bottom-mid": "",
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "  ",
    },
    style: { head: [], border: [], "padding-left": 0, "padding-right": 0 },
  });
  bare.push(...rows);
  return bare
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}
