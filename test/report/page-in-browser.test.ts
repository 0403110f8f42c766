/**
 * The page of a plan as a reviewer opens it: from a file, in a real browser, with the rules of axe.
 *
 * The browser is the build of Chromium that comes with an npm package, which exists for Linux on x64;
 * elsewhere `CHROMIUM_PATH` names one that is installed, or these tests are left out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import chromium from '@sparticuz/chromium';
import axe, { type AxeResults } from 'axe-core';
import { chromium as launcher, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Plan, RecordChange } from '../../src/model/plan.ts';
import { renderPlanHtml } from '../../src/report/plan-html.ts';
import { conflicts, drift, hostile, linkOf, newStack, planOf, replace } from './plans.ts';

const INSTALLED = process.env['CHROMIUM_PATH'];
const HAS_BROWSER = INSTALLED !== undefined || (process.platform === 'linux' && process.arch === 'x64');

const PEOPLE = 500;
const ACTIONS = ['create', 'update', 'delete'] as const;
const manyRecords = planOf({
  links: [
    linkOf({
      cause: 'mapping',
      recordCount: PEOPLE,
      records: Array.from({ length: PEOPLE }, (_, index): RecordChange => ({
        key: `person${index}@example.com`,
        end: index % 2 === 0 ? 'sf' : 'ac',
        action: ACTIONS[index % 3]!,
        fields: { City: { before: 'Oslo', after: `Town ${index}` } },
        reason: 'the mapping changed',
      })),
    }),
  ],
});

const parts = [newStack, replace, drift, conflicts];
/** Every section of a page at once. */
const everything = planOf({
  resourceChanges: parts.flatMap(({ resourceChanges }) => resourceChanges),
  resourceDrift: drift.resourceDrift,
  diagnostics: hostile.diagnostics,
  links: parts.flatMap(({ links }, part) => links.map((link) => ({ ...link, address: `${link.address}-${part}` }))),
});

let browser: Browser;
let folder: string;

interface Opened {
  readonly page: Page;
  /** What the page asked for beyond itself, and what its policy or its script complained about. */
  readonly asked: string[];
  readonly complaints: string[];
}

async function open(plan: Plan, colorScheme: 'light' | 'dark' = 'light', javaScriptEnabled = true): Promise<Opened> {
  const context = await browser.newContext({ colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const file = join(folder, 'plan.html');
  await writeFile(file, renderPlanHtml(plan));
  const address = pathToFileURL(file).href;
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => void (request.url() === address || asked.push(request.url())));
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(error.message));
  await page.goto(address);
  return { page, asked, complaints };
}

describe.skipIf(!HAS_BROWSER)('E14 the page of a plan in a browser', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'syncline-page-'));
    const executablePath = INSTALLED ?? (await chromium.executablePath());
    // All in one process, the browser ends with its first window.
    const own = chromium.args.filter((argument) => argument !== '--single-process' && argument !== '--no-zygote');
    browser = await launcher.launch({ executablePath, args: INSTALLED === undefined ? own : [] });
  });

  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['by day', everything, 'light'],
    ['by night', everything, 'dark'],
    ['with hostile strings', hostile, 'light'],
  ] as const)('can be read by everybody %s, and asks no network', async (_name, plan, scheme) => {
    const { page, asked, complaints } = await open(plan, scheme);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>('axe.run()');

    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(asked).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is dark where the reader asked for it', async () => {
    const backgroundOf = async (scheme: 'light' | 'dark'): Promise<string> => {
      const { page } = await open(newStack, scheme);
      const colour = await page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
      await page.context().close();
      return colour;
    };

    expect(await backgroundOf('light')).toBe('rgb(255, 255, 255)');
    expect(await backgroundOf('dark')).toBe('rgb(13, 17, 23)');
  });

  it('finds records by words, end and action, and says how many', async () => {
    const { page } = await open(manyRecords);
    const records = page.getByRole('table', { name: '500 of 500 records' });
    const found = page.getByRole('search').getByRole('status');
    expect(await found.textContent()).toBe('500 of 500 shown');

    await page.getByLabel('Search').fill('PERSON7 town');
    // 7, 70 to 79.
    expect(await found.textContent()).toBe('11 of 500 shown');
    await page.getByLabel('End').selectOption('ac');
    await page.getByLabel('Action').selectOption('update');

    expect(await found.textContent()).toBe('3 of 500 shown');
    expect(await records.getByRole('rowheader').allTextContents()).toEqual([
      'person7@example.com',
      'person73@example.com',
      'person79@example.com',
    ]);
    await page.context().close();
  });

  it('is worked by keyboard alone', async () => {
    const { page } = await open(manyRecords);
    const reached: string[] = [];
    for (let presses = 0; presses < 3; presses += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate<string>(`document.activeElement.getAttribute('name') ?? document.activeElement.tagName`));
    }

    expect(reached).toEqual(['words', 'end', 'action']);
    await page.context().close();
  });

  it('shows everything, and no dead controls, where scripts do not run', async () => {
    const { page } = await open(manyRecords, 'light', false);

    expect(await page.getByRole('search').count()).toBe(0);
    expect(await page.getByRole('rowheader').count()).toBeGreaterThanOrEqual(PEOPLE);
    await page.context().close();
  });
});
