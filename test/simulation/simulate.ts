/**
 * Thousands of histories, on all cores: `node test/simulation/simulate.ts --seeds 20000`.
 *
 *   --seeds N    how many histories (1,000)
 *   --seed S     the first one (1); alone, with --tell, it prints what happens in it
 *   --mode M     calm, liveness or safety; all three in turn unless given
 *   --workers N  processes (one a core)
 *
 * A history that fails is shrunk, printed, and kept in seeds.txt, where `npm test` replays it for ever.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runHistory, type Mode } from './history.ts';
import { keepSeed } from './seeds.ts';
import { shrink, violationsOf } from './shrink.ts';

const MODES: readonly Mode[] = ['calm', 'liveness', 'safety'];

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    mode: { type: 'string' },
    workers: { type: 'string', default: String(availableParallelism()) },
    share: { type: 'string' },
    tell: { type: 'boolean', default: false },
  },
});

const first = Number(values.seed);
const count = Number(values.seeds ?? (values.tell ? 1 : 1_000));
const workers = Number(values.workers);

if (values.tell) await tellOne();
else if (values.share === undefined) await supervise();
else await work(Number(values.share));

function modeOf(seed: number): Mode {
  if (values.mode === undefined) return MODES[seed % MODES.length]!;
  const mode = MODES.find((known) => known === values.mode);
  if (mode === undefined) throw new Error(`There is no mode ${values.mode}: ${MODES.join(', ')}.`);
  return mode;
}

async function tellOne(): Promise<void> {
  const { violations } = await runHistory({ seed: first, mode: modeOf(first), tell: (line) => console.log(line) });
  for (const violation of violations) console.log(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

/** One process a core; each takes every n-th seed. */
async function supervise(): Promise<void> {
  const begun = process.hrtime.bigint();
  const children = Array.from({ length: workers }, (_, share) =>
    fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), '--share', String(share)]),
  );
  const codes = await Promise.all(
    children.map((child) => new Promise<number>((resolve) => child.on('close', (code) => resolve(code ?? 1)))),
  );
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  const failed = codes.some((code) => code !== 0);
  console.log(
    `${count} histories from seed ${first} in ${seconds.toFixed(1)} s: ${failed ? 'some failed, see above' : 'none failed'}.`,
  );
  process.exitCode = failed ? 1 : 0;
}

async function work(share: number): Promise<void> {
  for (let seed = first + share; seed < first + count; seed += workers) {
    const options = { seed, mode: modeOf(seed) };
    const violations = await violationsOf(options);
    if (violations.length === 0) continue;
    process.exitCode = 1;
    const { drawn } = await runHistory(options).catch(() => ({ drawn: 100 }));
    const only = await shrink(options, drawn);
    keepSeed({ ...options, only });
    console.log(
      [`${options.mode} ${seed} (events ${only.join(',')})`, ...violations.map((violation) => `  ${violation}`)].join('\n'),
    );
  }
}
