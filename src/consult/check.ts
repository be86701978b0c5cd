import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { messageOf } from "../base/message.ts";

/** What is wrong with a script, and where; lines and columns begin with 1. */
export interface ScriptFault {
  line: number;
  column: number;
  message: string;
}

const globalsFile = join(import.meta.dirname, "globals", "dialtone.d.ts");
const tsc = join(import.meta.dirname, "..", "..", "node_modules", ".bin", "tsc");

/** The last file: does the script offer what is called, with types that fit? */
const useOfIt = `import { decide } from "./script.ts";
const offered: (call: Call, helpers: Helpers) => Answer | undefined | Promise<Answer | undefined> = decide;
void offered;
`;

const options = {
  target: "es2024",
  lib: ["es2024"],
  module: "esnext",
  moduleDetection: "force",
  types: [],
  strict: true,
  noEmit: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
};

/** JavaScript of a script: its types are blanked out, so that lines and columns stay. @throws SyntaxError */
export const compiled = (source: string): string => stripTypeScriptTypes(source);

/**
 * Checks the types of a script against what it is given (globals/dialtone.d.ts), by the TypeScript compiler in a process of
 * its own (about 0.3 s).
 * @throws Error when the compiler could not be run
 */
export async function checkScript(source: string): Promise<ScriptFault[]> {
  const directory = await mkdtemp(join(tmpdir(), "dialtone-script-"));
  try {
    const files = {
      "script.ts": source,
      "use.ts": useOfIt,
      "dialtone.d.ts": await readFile(globalsFile, "utf8"),
      "tsconfig.json": JSON.stringify({
        compilerOptions: options,
        files: ["dialtone.d.ts", "script.ts", "use.ts"],
      }),
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [tsc, "-p", ".", "--pretty", "false"],
      {
        cwd: directory,
        reject: false,
        timeout: 20_000,
      },
    );
    if (exitCode === 0) return syntaxFaults(source);
    const faults = faultsIn(stdout);
    if (faults.length === 0)
      throw new Error(`the TypeScript compiler ended with ${exitCode}: ${stdout}${stderr}`);
    return faults;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `script.ts(3,5): error TS2322: …`; lines after it that are indented belong to it. Pure. */
export function faultsIn(output: string): ScriptFault[] {
  const faults = [...output.matchAll(/^([a-z]+\.ts)\((\d+),(\d+)\): error TS\d+: (.*(?:\n .*)*)/gm)].map(
    ([, file, line, column, message = ""]) =>
      file === "script.ts"
        ? { line: Number(line), column: Number(column), message: message.replaceAll(/\s*\n\s*/g, " ") }
        : {
            line: 1,
            column: 1,
            message: `export function decide(call, helpers): ${message.replaceAll(/\s*\n\s*/g, " ")}`,
          },
  );
  const own = faults.filter(({ message }) => !message.startsWith("export function decide"));
  return own.length > 0 ? own : faults;
}

function syntaxFaults(source: string): ScriptFault[] {
  try {
    compiled(source);
    return [];
  } catch (error) {
    return [{ line: 1, column: 1, message: messageOf(error) }];
  }
}
