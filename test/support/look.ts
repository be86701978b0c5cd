import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { patient } from "../../src/base/patience.ts";
import { accessibilityFaults } from "./console-browser.ts";

/** Where pictures go; undefined: none are taken. */
const shots = process.env.DIALTONE_SHOTS;

/** A page as it is now, in both themes and at the width of a telephone: by axe, and within its width. */
export async function look(page: Page, what: string): Promise<void> {
  const picture = async (how: string) => {
    if (shots === undefined) return;
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: join(shots, `${what}-${how}.png`), fullPage: true });
  };
  await picture("light");
  expect(await accessibilityFaults(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect
    .poll(() => accessibilityFaults(page, ["color-contrast"]), { timeout: patient(5000) })
    .toEqual([]);
  await picture("dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await picture("phone");
  const tooWide = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");
  await expect.poll(tooWide, { timeout: patient(2000) }).toBeLessThanOrEqual(0);
  await page.setViewportSize({ width: 1360, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}
