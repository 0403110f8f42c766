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

  it('of the program lists every command', async () => {
    const outcome = await rehearsal.syncline('--help');

    expect(outcome.code).toBe(0);
    for (const [first] of commandNames()) expect(outcome.stdout).toMatch(new RegExp(`^ {2}${first}\\b`, 'm'));
  });
});

const GLOBAL_FLAGS = ['--json', '--stack', '--no-color', '--backend', '-C'];

function flagsOf(argv: readonly string[]): string[] {
  return argv.filter((argument) => argument.startsWith('-')).map((argument) => argument.split('=')[0]!);
}

function knownFlags(help: string): string[] {
  return [...(help.match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? []), ...GLOBAL_FLAGS];
}
