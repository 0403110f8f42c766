import process from 'node:process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../../src/cli/world.ts';
import { nodeFileSystem } from '../../src/storage/file-system.ts';
import { nodeHost } from '../../src/storage/host.ts';
import { createDyingFileSystem } from '../storage/file-system/dying-file-system.ts';
import { Rehearsal } from './harness.ts';

/** Every so many changes of files. All of them are tried below the command line, in test/storage/faults.test.ts. */
const STRIDE = 7;

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 0 });
  for (const file of ['integrations', 'link', 'resources', 'stacks']) await rm(join(rehearsal.folder, `${file}.yaml`));
});

afterAll(() => rehearsal.close());

/** Two tags, and no state. */
async function declare(...tags: readonly string[]): Promise<void> {
  await rm(join(rehearsal.folder, 'state'), { recursive: true, force: true });
  const resources = tags.map(
    (tag) => `---
apiVersion: syncline/v1
kind: Resource
metadata: { name: ${tag} }
spec: { type: activecampaign/tag, integration: ac, attributes: { tag: ${tag} } }
`,
  );
  await writeFile(
    join(rehearsal.folder, 'tags.yaml'),
    `apiVersion: syncline/v1
kind: Integration
metadata: { name: ac }
spec: { provider: activecampaign, authentication: { method: api-token, token: { env: ACTIVECAMPAIGN_TOKEN } } }
---
apiVersion: syncline/v1
kind: Stack
metadata: { name: s }
spec:
  default: true
  rehearsal: true
  integrations: { ac: { endpoint: { env: ACTIVECAMPAIGN_URL, default: 'http://127.0.0.1:4702' } } }
${resources.join('')}`,
  );
}

/** A machine on which whoever held the lock is gone by the time that anybody asks. */
function machine(at: number): { readonly machine: World['machine']; readonly isDead: () => boolean } {
  const fileSystem = createDyingFileSystem(nodeFileSystem, at);
  const host = { ...nodeHost(process, rehearsal.sandbox.clock), isAlive: () => false };
  return { machine: { fileSystem, host }, isDead: fileSystem.isDead };
}

describe('E4 an apply whose process dies at a change of its files', () => {
  test('is continued by the next, whichever it is: each object made once, nothing left over', async () => {
    const found: unknown[] = [];
    for (let at = 1; ; at += STRIDE) {
      const tags = [`first-${at}`, `second-${at}`];
      await declare(...tags);
      const killed = machine(at);
      const { code } = await rehearsal.synclineIn({ machine: killed.machine }, 'apply', '-y', '--parallelism', '1');
      if (!killed.isDead()) break;

      const next = await rehearsal.synclineIn({ machine: machine(Infinity).machine }, 'apply', '-y');

      const files = await rehearsal.files('state');
      const state = JSON.parse(String(files.get(join(rehearsal.folder, 'state/syncline.state.json')))) as {
        resources: Record<string, { id: string; pending?: unknown }>;
      };
      const there = await rehearsal.dump('activecampaign', 'tag');
      found.push({ at, died: code !== 0, next: next.code, stderr: next.stderr.replaceAll(/^Lock taken over.*$/gm, '') });
      const made = there.filter((tag) => tags.includes(String(tag['tag']))).map((tag) => String(tag['id']));
      expect(made.toSorted()).toEqual(
        Object.values(state.resources)
          .map((resource) => resource.id)
          .toSorted(),
      );
      expect(made).toHaveLength(2);
      expect(Object.values(state.resources).filter((resource) => 'pending' in resource)).toEqual([]);
      expect([...files.keys()].filter((path) => /\.tmp$|\.lock$/.test(path))).toEqual([]);
    }
    expect(found.length).toBeGreaterThan(10);
    expect(found).toEqual(found.map((point) => ({ ...(point as object), died: true, next: 0 })));
  });
});
