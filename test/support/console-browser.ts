import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import axe, { type AxeResults, type RunOptions } from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The console in Debian's Chromium. */

const chromiumPath = "/usr/bin/chromium";

/** @param args of Chromium */
export const openBrowser = (args: string[] = [], executablePath = chromiumPath): Promise<Browser> =>
  chromium.launch({
    executablePath,
    // Root may have no sandbox; the test's own page is all that it shows.
    args: ["--no-sandbox", ...args],
  });

/** Chromium in a network namespace, that may use microphone and loudspeaker. @param args of Chromium */
export async function openTalker(
  namespace: string,
  args: string[] = [],
): Promise<{ browser: Browser } & AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), "dialtone-chromium-"));
  const within = join(folder, "chromium");
  await using cleaning = new AsyncDisposableStack();
  cleaning.defer(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(within, `#!/bin/sh\nexec ip netns exec ${namespace} ${chromiumPath} "$@"\n`, { mode: 0o755 });
  const browser = await openBrowser(
    [
      "--ignore-certificate-errors",
      "--use-fake-ui-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      ...args,
    ],
    within,
  );
  cleaning.defer(() => browser.close());
  const kept = cleaning.move();
  return { browser, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Chromium's own microphone, which beeps. */
export const fakeMicrophone = "--use-fake-device-for-media-stream";

/** A person's browser. The certificate is of the test's own authority. */
export const openPerson = (browser: Browser): Promise<BrowserContext> =>
  browser.newContext({
    ignoreHTTPSErrors: true,
    locale: "en-GB",
    colorScheme: "light",
    reducedMotion: "reduce",
    viewport: { width: 1360, height: 900 },
  });

/** What a page complains of from now on: errors on its console (refused by its policy among them), and what it threw. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

/**
 * WCAG 2.2 A and AA; in words, each finding with its element. axe runs in the page itself, which has no frames: what makes ready for
 * those (@axe-core/playwright) takes several times as long. @param only these rules
 */
export async function accessibilityFaults(page: Page, only?: string[]): Promise<string[]> {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const options: RunOptions = {
    runOnly: only ? { type: "rule", values: only } : { type: "tag", values: tags },
    resultTypes: ["violations"],
  };
  if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, help, nodes }) =>
    nodes
      .slice(0, 3)
      .map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary ?? ""}`),
  );
}
