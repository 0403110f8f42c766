import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { OutputStream, World } from './world.ts';

/** Nobody presses Ctrl-C twice as fast, and means it. */
const SAME_SIGNAL_MS = 250;

/** The world of a real process: the only place that reads the machine's clock, chance, environment and streams. */
export function nodeWorld(): World {
  return {
    environment: process.env,
    workingFolder: process.cwd(),
    clock: {
      now: () => Date.now(),
      sleep: async (ms, signal) => {
        await delay(ms, undefined, signal === undefined ? {} : { signal });
      },
    },
    random: Math.random,
    // Joined from forty pieces, each of which an id would hold for as long as it lives.
    newId: () => Buffer.from(randomUUID(), 'latin1').toString('latin1'),
    who: `${userName()}@${hostname()}`,
    output: streamOf(process.stdout),
    errors: streamOf(process.stderr),
    ask: process.stdin.isTTY && process.env['SYNCLINE_INPUT'] !== '0' ? ask : undefined,
    openBrowser,
    onInterrupt(listener) {
      let lastMs = Number.NEGATIVE_INFINITY;
      const once = (signal: 'SIGINT' | 'SIGTERM'): void => {
        // A terminal tells every process of its group, and npx or our own launcher hands it on: it is one and the same.
        if (performance.now() - lastMs < SAME_SIGNAL_MS) return;
        lastMs = performance.now();
        listener(signal);
      };
      const onInt = (): void => once('SIGINT');
      const onTerm = (): void => once('SIGTERM');
      process.on('SIGINT', onInt);
      process.on('SIGTERM', onTerm);
      return () => {
        process.off('SIGINT', onInt);
        process.off('SIGTERM', onTerm);
      };
    },
  };
}

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** The address is an argument of the opener, and never a line of a shell. */
function openBrowser(address: string): Promise<boolean> {
  const [opener, ...fixed] = OPENERS[process.platform] ?? ['xdg-open'];
  return new Promise((resolve) => {
    const child = spawn(opener, [...fixed, address], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

function streamOf(stream: NodeJS.WriteStream): OutputStream {
  return {
    isTerminal: stream.isTTY,
    columns: stream.columns ?? 100,
    write: (text) => void stream.write(text),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown';
  }
}

async function ask(question: string): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question);
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}
