import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { execa } from "execa";

/** Prints an HTML file as PDF with Debian's Chromium. */

const SECONDS = 60;

/** Chromium is not installed; the message says how to get it. */
class NoChromium extends Error {
  constructor() {
    super("PDF needs Chromium: apt install chromium (or use --no-pdf; the HTML prints the same)");
    this.name = "NoChromium";
  }
}

/** @throws NoChromium, or Error with Chromium's own words when it fails */
export async function printPdf(html: string, pdf: string): Promise<void> {
  // A profile of its own: two runs at once must not share one.
  const profile = mkdtempSync(join(tmpdir(), "dialtone-pdf-"));
  try {
    const done = await execa(
      "chromium",
      [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-pdf-header-footer",
        `--user-data-dir=${profile}`,
        `--print-to-pdf=${resolve(pdf)}`,
        pathToFileURL(resolve(html)).href,
      ],
      { timeout: SECONDS * 1000, reject: false },
    );
    if (done.code === "ENOENT") throw new NoChromium();
    if (done.failed || statSync(pdf, { throwIfNoEntry: false }) === undefined)
      throw new Error(`Chromium could not print ${html}: ${done.shortMessage ?? ""} ${done.stderr}`.trim());
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
