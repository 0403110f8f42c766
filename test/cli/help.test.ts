import { spawnSync } from 'node:child_process';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands/index.ts';
import { Rehearsal } from './harness.ts';

let rehearsal: Rehearsal;

beforeAll(async () => {
  rehearsal = await Rehearsal.start({ people: 5 });
});

afterAll(() => rehearsal.close());

/** Every command that does something, as it is typed. */
const MODULES = await Promise.all(Object.values(COMMANDS).map((load) => load()));

function commandNames(): readonly string[][] {
  const program = new Command();
  for (const command of MODULES) command.register(program, () => () => Promise.resolve());
  const walk = (command: Command, path: readonly string[]): string[][] =>
    command.commands.length === 0 ? [[...path]] : command.commands.flatMap((child) => walk(child, [...path, child.name()]));
  return walk(program, []);
}

/** Commands of the contract that this version has. */
const EXPECTED = [
  'init',
  'fmt',
  'completion',
  'audit log',
  'audit verify',
  'audit export',
  'force-unlock',
  'key rotate',
  'destroy',
  'import',
  'generate',
  'history',
  'why',
  'runs',
  'undo',
  'forget',
  'login',
  'validate',
  'check',
  'test',
  'plan',
  'apply',
  'sync',
  'verify',
  'show',
  'state list',
  'state show',
  'state mv',
  'state rm',
  'state pull',
  'state push',
  'pause',
  'resume',
  'quarantine list',
  'quarantine retry',
  'quarantine drop',
  'conflicts list',
  'conflicts resolve',
  'sandbox',
  'explain',
  'version',
];

describe('--help', () => {
  it('is there for every command that the contract names here', () => {
    expect(commandNames().map((name) => name.join(' '))).toEqual(expect.arrayContaining(EXPECTED));
  });

  it.each(commandNames().map((name) => name.join(' ')))('of %s shows its exit codes and two examples', async (name) => {
    const outcome = await rehearsal.syncline(...name.split(' '), '--help');

    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).not.toMatch(/default: [[{]/);
    const [, codes, examples] = /\nExit codes:\n((?:\s+\d+ .+\n)+)\nExamples:\n((?: {2}.+\n)+)/.exec(outcome.stdout)!;
    expect(codes).toMatch(/^\s+0 {2}\S/);
    const lines = examples!.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line).toMatch(new RegExp(`^ {2}syncline ${name}( |$)`));
  });

  it.each(commandNames().map((name) => name.join(' ')))('of %s has examples that parse', async (name) => {
    const { stdout } = await rehearsal.syncline(...name.split(' '), '--help');
    const examples = stdout.split('\nExamples:\n')[1]!.trimEnd().split('\n');

    for (const example of examples) {
      // What comes behind a pipe is another program; help asked for at the end parses all that stands before it.
      const argv = example.split('|')[0]!.trim().split(' ').slice(1);
      const outcome = await rehearsal.syncline(...argv, '--help');
      expect(outcome, example).toMatchObject({ code: 0, stderr: '' });
      expect(knownFlags(stdout), example).toEqual(expect.arrayContaining(flagsOf(argv)));
    }
  });

  it.each(['plan', 'apply', 'destroy', 'sync', 'verify', 'undo', 'import', 'generate'])(
    'of %s tells how a refusal ends, of which one of another account is possible wherever vendors are asked',
    async (name) => {
      const { stdout } = await rehearsal.syncline(name, '--help');

      expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(/Exit codes:.* 4 refused: .*another account/);
    },
  );

  it('of the program lists every command', async () => {
    const outcome = await rehearsal.syncline('--help');

    expect(outcome.code).toBe(0);
    for (const [first] of commandNames()) expect(outcome.stdout).toMatch(new RegExp(`^ {2}${first}\\b`, 'm'));
  });
});

describe('completion', () => {
  /** What bash offers for the last word of a command line. */
  async function offered(script: string, ...words: readonly string[]): Promise<readonly string[]> {
    const line = `COMP_WORDS=(syncline ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}`;
    const { stdout } = spawnSync('bash', ['--norc', '-c', `${script}\n${line}; __syncline; echo "\${COMPREPLY[@]}"`], {
      encoding: 'utf8',
    });
    return stdout.trim().split(' ');
  }

  it('of bash offers commands, what follows them, options, and the values that an option takes', async () => {
    const { stdout: script } = await rehearsal.syncline('completion', 'bash');

    expect(await offered(script, '')).toEqual(expect.arrayContaining(commandNames().map(([first]) => first)));
    expect(await offered(script, '--stack', 'state', 'state', 'p')).toEqual(['pull', 'push']);
    expect(await offered(script, 'plan', '--de')).toEqual(['--detailed-exitcode']);
    expect(await offered(script, 'state', 'rm', '--dr')).toEqual(['--dry-run']);
    expect(await offered(script, 'show', '--format', 'm')).toEqual(['markdown']);
    expect(await offered(script, 'plan', '--out', '')).toEqual(['']);
    expect(await offered(script, 'completion', '')).toEqual(['bash', 'zsh', 'fish']);
    // A plan file is what most likely follows, and the shell knows the files.
    expect(await offered(script, 'apply', '')).toEqual(['']);
    expect(await offered(script, 'apply', '--ap')).toEqual(['--approved-by']);
  });

  it.each(['zsh', 'fish'])('of %s knows every command and every option', async (shell) => {
    const { stdout: script } = await rehearsal.syncline('completion', shell);

    for (const name of commandNames()) {
      const { stdout: help } = await rehearsal.syncline(...name, '--help');
      const flags = knownFlags(/\nOptions:\n((?: +.+\n)+)/.exec(help)?.[1] ?? '').filter((flag) => flag.startsWith('--'));
      expect(script).toContain(name.join('/'));
      for (const flag of flags)
        expect(script, flag).toMatch(new RegExp(shell === 'fish' ? `-l ${flag.slice(2)}\\b` : `${flag}\\b`));
    }
  });

  it('of another shell is refused with those that there are', async () => {
    const outcome = await rehearsal.syncline('completion', 'tcsh');
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('bash, zsh, fish');
  });
});

const GLOBAL_FLAGS = ['--json', '--stack', '--no-color', '--backend', '-C'];

function flagsOf(argv: readonly string[]): string[] {
  return argv.filter((argument) => argument.startsWith('-')).map((argument) => argument.split('=')[0]!);
}

function knownFlags(help: string): string[] {
  return [...(help.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? []), ...GLOBAL_FLAGS];
}
