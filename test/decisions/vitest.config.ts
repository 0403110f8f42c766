import { defineConfig } from 'vitest/config';

/**
 * The pure decisions of the record loop with their own tests alone: every branch is covered
 * (`npm run check:coverage`), and a mutant that these tests let live is listed by `npm run mutate`.
 */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    include: ['test/records/{reconcile,policies,sets,consent,suppression,guard,match}.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    testTimeout: 60_000,
    maxWorkers: 2,
    coverage: {
      provider: 'v8',
      include: ['src/records/{reconcile,conflict,set-merge,match,consent,guard}.ts'],
      reporter: ['text'],
      thresholds: { branches: 100 },
    },
  },
});
