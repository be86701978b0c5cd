import { closeSync, constants, openSync, writeSync } from "node:fs";
import { open } from "node:fs/promises";

const flags = constants.O_WRONLY | constants.O_CREAT;

/**
 * Writes a short text over a file's beginning, without emptying it first: on a full disk that still works, and there is
 * no moment at which the file is empty. `text` must not be shorter than what the file had.
 * @throws Error of the file system
 */
export function writeInPlace(file: string, text: string): void {
  const handle = openSync(file, flags, 0o644);
  try {
    writeSync(handle, text, 0);
  } finally {
    closeSync(handle);
  }
}

/** The same where the disk may not answer. @throws Error of the file system */
export async function writeInPlaceLater(file: string, text: string): Promise<void> {
  const handle = await open(file, flags, 0o644);
  try {
    await handle.write(text, 0);
  } finally {
    await handle.close();
  }
}
