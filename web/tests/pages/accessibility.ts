// What axe and a narrow screen find wrong with a page.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Result } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds wrong, in one line each. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(await readFile(AXE, 'utf8'));
  const violations = await page.evaluate(async () => {
    const tool = (globalThis as unknown as { axe: { run: (options: object) => Promise<{ violations: Result[] }> } }).axe;
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    return (await tool.run({ runOnly: tags })).violations;
  });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
}

/** How far the page is wider than the screen. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The innermost boxes that are too narrow for what they show. */
async function cramped(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll('body *')].filter(
      (one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth && getComputedStyle(one).overflowX === 'visible',
    );
    const innermost = boxes.filter((one) => !boxes.some((other) => other !== one && one.contains(other)));
    return innermost.map((one) => one.outerHTML.slice(0, 120));
  });
}

/** Nothing is wrong with this screen. */
export async function inspect(page: Page, name: string): Promise<void> {
  expect(await faults(page), name).toEqual([]);
  expect(await overflow(page), `${name}: ${(await cramped(page)).join(' ')}`).toBe(0);
}
