import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/property-seed.ts'],
    // To end a test that hangs: none comes near it, even on a machine that does much else.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // Nothing here is kept in a module, so files can share one; starting a worker a file costs a minute.
    isolate: false,
    // One more than the two cores that the suite is made for: tests of whole processes wait for the stand-ins' limits.
    maxWorkers: 3,
  },
});
