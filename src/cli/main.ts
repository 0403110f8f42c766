import { keepMemorySmall } from './memory.ts';
import { nodeWorld } from './node-world.ts';
import { run } from './program.ts';

/** Runs the command of this process's arguments and sets its exit code. */
export async function main(): Promise<void> {
  keepMemorySmall();
  // A reader that went away (`| head`) is no error of ours, and no reason to leave work half done or to call it a success.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  process.exitCode = await run(process.argv.slice(2), nodeWorld());
}
