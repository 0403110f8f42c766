import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { renderPlanHtml } from '../../src/report/plan-html.ts';
import { newStack } from './plans.ts';

describe('the page of a plan', () => {
  const page = renderPlanHtml(newStack);

  it.each(['style', 'script'])('lets only its own %s run', (element) => {
    const content = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page)![1]!;

    expect(page).toContain(`${element}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/ (?:style|on\w+)="/);
  });

  it('loads nothing', () => {
    expect(page).not.toMatch(/\s(?:src|href|action)="/);
  });

  it('says what the cells of its tables belong to', () => {
    expect(page.match(/<th(?![^>]* scope=)[ >]/g)).toBeNull();
    expect(page.match(/<table/g)!.length).toBe(page.match(/<caption>/g)!.length);
  });

  it('offers a search over the records', () => {
    expect(page).toContain('role="search"');
    expect(page.match(/<tr data-end=/g)).toHaveLength(2);
  });
});
