import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the process small. Left alone, the engine lets its heap grow several times beyond what is
 * alive before it collects: a cycle of 100,000 people that keeps 80 MB would take 600 MB of the
 * machine it runs on. Collecting earlier costs a tenth of the time, while the vendors' rate limits
 * are waited for anyway.
 */
export function keepMemorySmall(): void {
  // Where objects are made: as small as it is at the start.
  setFlagsFromString('--semi-space-growth-factor=1');
  // What has survived: collected when it has grown by this part, in percent.
  setFlagsFromString('--heap-growing-percent=20');
}
