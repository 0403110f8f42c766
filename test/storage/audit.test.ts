import { appendFileSync, chmodSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EMPTY_AUDIT_HEAD } from '../../src/model/state.ts';
import { chainEvent, headOf, printEvent, verifyAudit, type AuditEvent, type NewAuditEvent } from '../../src/storage/audit.ts';
import type { LocalStorage } from '../../src/storage/local/storage.ts';
import type { Lock } from '../../src/storage/lock.ts';
import { expectCode } from './contract/state-store-contract.ts';
import { makeLocalFolder, type LocalFolder } from './local-folder.ts';
import { newState } from './states.ts';

function event(type: string, fields: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return { type, at: '2026-01-31T09:15:00.000Z', who: 'anna@desk', run: 'run-1', ...fields };
}

function chain(count: number): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    const last = events.at(-1);
    events.push(chainEvent(last === undefined ? EMPTY_AUDIT_HEAD : headOf(last), event('apply', { index })));
  }
  return events;
}

function lines(events: readonly AuditEvent[]): string[] {
  return events.map((entry) => printEvent(entry).trimEnd());
}

describe('the chain of the audit log (E5)', () => {
  it('holds for what was chained', async () => {
    const events = chain(5);

    expect(await verifyAudit(lines(events))).toEqual({ intact: true, head: headOf(events[4]!) });
    expect(await verifyAudit(lines(events), headOf(events[4]!))).toMatchObject({ intact: true });
  });

  it('may be ahead of the state, after a run that was killed between the two writes', async () => {
    const events = chain(5);

    expect(await verifyAudit(lines(events), headOf(events[2]!))).toMatchObject({ intact: true, head: { count: 5 } });
  });

  it.each<[string, (all: string[]) => string[], number, string]>([
    ['an event was changed', (all) => all.with(2, all[2]!.replace('anna@desk', 'bert@desk')), 3, 'altered'],
    ['an event was removed', (all) => all.toSpliced(2, 1), 3, 'unchained'],
    ['two events were swapped', (all) => all.with(1, all[2]!).with(2, all[1]!), 2, 'unchained'],
    ['an event was repeated', (all) => all.toSpliced(2, 0, all[1]!), 3, 'unchained'],
    ['the beginning was removed', (all) => all.slice(2), 1, 'unchained'],
    ['the end was removed', (all) => all.slice(0, 3), 4, 'shortened'],
    ['everything was removed', () => [], 1, 'shortened'],
    ['a line was cut off', (all) => all.with(4, all[4]!.slice(0, 20)), 5, 'unreadable'],
    ['a line was emptied', (all) => all.with(1, ''), 2, 'unreadable'],
    ['everything was rewritten', () => rewritten(6), 5, 'altered'],
  ])('tells where it breaks when %s', async (_, change, line, reason) => {
    const events = chain(5);

    const verification = await verifyAudit(change(lines(events)), headOf(events[4]!));

    expect(verification).toMatchObject({ intact: false, line, reason, head: { count: line - 1 } });
  });

  it('breaks when any one character of any event changes', async () => {
    const original = lines(chain(3));
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(), fc.constantFrom('0', 'x', ' ', '"', '}'), async (index, place, character) => {
        const line = original[index]!;
        const at = place % line.length;
        fc.pre(line[at] !== character);
        const changed = line.slice(0, at) + character + line.slice(at + 1);

        const verification = await verifyAudit(original.with(index, changed));

        expect(verification).toMatchObject({ intact: false, line: index + 1 });
      }),
    );
  });
});

/** A log that someone made up, with a chain of its own that is right. */
function rewritten(count: number): string[] {
  const events: AuditEvent[] = [];
  for (let index = 0; index < count; index += 1) {
    const last = events.at(-1);
    events.push(
      chainEvent(last === undefined ? EMPTY_AUDIT_HEAD : headOf(last), event('apply', { who: 'nobody@nowhere', index })),
    );
  }
  return lines(events);
}

describe('the file of the audit log', () => {
  let folder: LocalFolder;
  let storage: LocalStorage;
  let lock: Lock;
  let path: string;

  beforeEach(async () => {
    folder = await makeLocalFolder();
    storage = folder.open();
    lock = await storage.locks.acquire({ operation: 'apply', timeoutMs: 0 });
    path = storage.paths.audit;
  });

  afterEach(async () => {
    await folder.remove();
  });

  async function appendThree(): Promise<void> {
    for (const type of ['run_started', 'apply', 'cycle']) {
      await storage.audit.append(event(type), lock);
    }
  }

  function types(): string[] {
    return readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as AuditEvent).type);
  }

  /** Makes the state know of everything in the log. */
  async function mirror(head: { count: number; head: string }): Promise<void> {
    await storage.states.write({ ...newState(), audit: head }, 0, lock);
  }

  it('has one line an event, with sorted keys, and nobody else may read it', async () => {
    const first = await storage.audit.append(event('apply', { resources: { added: 2, changed: 0 }, plan: 'f'.repeat(64) }), lock);

    const text = readFileSync(path, 'utf8');

    expect(text).toBe(printEvent(first));
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'at',
      'hash',
      'plan',
      'previous',
      'resources',
      'run',
      'seq',
      'type',
      'who',
    ]);
    expect(first).toMatchObject({ seq: 1, previous: '0'.repeat(64) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps an event on its line whatever text it holds', async () => {
    await storage.audit.append(event('apply', { commit: 'a\nb\r\u2028"}{' }), lock);
    await storage.audit.append(event('apply'), lock);

    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: true, head: { count: 2 } });
  });

  it('sheds a line that a crash cut short, and says so', async () => {
    await appendThree();
    appendFileSync(path, '{"at":"2026-01-31T09:15:00.000Z","ha');

    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: false, line: 4, reason: 'unreadable' });
    await storage.audit.append(event('apply'), lock);

    expect(types()).toEqual(['run_started', 'apply', 'cycle', 'audit_repaired', 'apply']);
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[3]!)).toMatchObject({ removed_bytes: 36, who: 'anna@desk' });
    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: true, head: { count: 5 } });
  });

  it('sheds a first line that a crash cut short', async () => {
    writeFileSync(path, '{"at":', { mode: 0o600 });

    await storage.audit.append(event('apply'), lock);

    expect(types()).toEqual(['audit_repaired', 'apply']);
    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: true });
  });

  it('shows for ever that its end was cut off', async () => {
    await appendThree();
    const head = (await verifyAudit(storage.audit.lines())).head;
    await mirror(head);
    const twoLines = readFileSync(path, 'utf8').split('\n').slice(0, 2).join('\n').length + 1;
    truncateSync(path, twoLines);

    const last = await storage.audit.append(event('apply'), lock);
    await storage.states.write({ ...(await storage.states.read())!, audit: headOf(last) }, 1, lock);

    expect(types()).toEqual(['run_started', 'apply', 'audit_gap', 'apply']);
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n')[2]!)).toMatchObject({ seq: 4, found: { count: 2 }, expected: head });
    expect(await verifyAudit(storage.audit.lines(), headOf(last))).toMatchObject({ intact: false, line: 3, reason: 'unchained' });
  });

  it('shows for ever that it was removed', async () => {
    await appendThree();
    await mirror((await verifyAudit(storage.audit.lines())).head);
    rmSync(path);

    await storage.audit.append(event('apply'), lock);

    expect(types()).toEqual(['audit_gap', 'apply']);
    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: false, line: 1, reason: 'unchained' });
  });

  it('shows for ever that it was rewritten', async () => {
    await appendThree();
    await mirror((await verifyAudit(storage.audit.lines())).head);
    writeFileSync(
      path,
      rewritten(3)
        .map((line) => `${line}\n`)
        .join(''),
    );

    await storage.audit.append(event('apply'), lock);

    expect(types()).toEqual(['apply', 'apply', 'apply', 'audit_gap', 'apply']);
    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: false, line: 4 });
  });

  it('is not continued after a complete line that is no event', async () => {
    await appendThree();
    appendFileSync(path, 'hello\n');

    await expectCode(storage.audit.append(event('apply'), lock), 'AUDIT_UNREADABLE');

    expect(readFileSync(path, 'utf8').endsWith('hello\n')).toBe(true);
  });

  it('is refused when others may write it', async () => {
    await appendThree();
    chmodSync(path, 0o666);

    await expectCode(storage.audit.append(event('apply'), lock), 'STORAGE_UNSAFE_FILE');
    await expectCode(verifyAudit(storage.audit.lines()), 'STORAGE_UNSAFE_FILE');
  });

  it('may have lines longer than what is read at once', async () => {
    await appendThree();
    await storage.audit.append(
      event('apply', { addresses: Array.from({ length: 20_000 }, (_, index) => `Resource/r${index}`) }),
      lock,
    );
    await storage.audit.append(event('cycle'), lock);

    expect(readFileSync(path).length).toBeGreaterThan(300_000);
    expect(await verifyAudit(storage.audit.lines())).toMatchObject({ intact: true, head: { count: 5 } });
  });
});
