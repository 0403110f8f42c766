/** Ports for servers that have to be told theirs. */
import { createServer } from 'node:net';
import process from 'node:process';

/**
 * Below the ports that systems hand out by themselves (from 32768 on Linux, 49152 elsewhere): one of those, found free, may be
 * given to another test's server or client before it is used.
 */
const FIRST = 10_000;
const PORTS_OF_A_WORKER = 4_000;
const ROW = 10;
let rows = 0;

/** The first of ten free ports in a row, which no other call gets, in this worker or another of the same run. */
export async function freePorts(): Promise<number> {
  for (let tries = PORTS_OF_A_WORKER / ROW; tries > 0; tries--) {
    const worker = Number(process.env['VITEST_POOL_ID'] ?? '1') - 1;
    const first = FIRST + worker * PORTS_OF_A_WORKER + ((ROW * rows++) % PORTS_OF_A_WORKER);
    const free = await Promise.all(Array.from({ length: ROW }, (_, offset) => isFree(first + offset)));
    if (!free.includes(false)) return first;
  }
  throw new Error('No ten ports in a row are free.');
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
