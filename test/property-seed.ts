/**
 * Property tests draw the same cases in every run, so that a commit that passes goes on passing. `PROPERTY_SEED=random` draws
 * others each time, a number draws those of a failure, which prints its seed.
 */
import process from 'node:process';
import fc from 'fast-check';

const asked = process.env['PROPERTY_SEED'] ?? '1';
if (asked !== 'random') fc.configureGlobal({ seed: Number(asked) });
