import { describeSetting, type SettingDescription } from '../../config/describe-setting.ts';
import { DIAGNOSTIC_CODES, type CodeDeclaration } from '../../model/diagnostics/codes.ts';
import { SynclineError } from '../../model/errors.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const explainCommand: CommandModule = {
  register(program, action) {
    program
      .command('explain')
      .description('what an error code means and what to do, or what a setting means')
      .argument('<subject>', 'a code such as RECORD_GUARD, or a setting such as Link.spec.ends')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'explained', 1: 'unknown code or setting' }, [
          'syncline explain RECORD_AMBIGUOUS_MATCH',
          'syncline explain Link.spec.conflicts',
        ]),
      )
      .action(
        action(async (context, [subject]) => {
          const code = (DIAGNOSTIC_CODES as Readonly<Record<string, CodeDeclaration>>)[subject!];
          if (code !== undefined) {
            context.print(
              context.json ? JSON.stringify({ code: subject, ...code }) : `${subject}: ${code.summary}\n\n${code.explanation}`,
            );
            return EXIT.success;
          }
          const described = describeSetting(subject!);
          if (!('setting' in described)) {
            throw new SynclineError('EXPLAIN_UNKNOWN', `Nothing is known of "${subject}".`, {
              hint:
                described.suggestion === undefined
                  ? 'Give a code as messages print it, or a setting such as Link.spec.ends.'
                  : `Did you mean "${described.suggestion}"?`,
            });
          }
          context.print(context.json ? JSON.stringify(described.setting) : settingText(described.setting));
          return EXIT.success;
        }),
      );
  },
};

function settingText({ path, type, required, description, values, settings, examples, ...rest }: SettingDescription): string {
  const paragraphs = [
    `${path} (${type}${required ? ', required' : ''})`,
    description,
    aligned(values.map(({ value, description: meaning }) => [value, meaning ?? ''])),
    aligned(settings.map(({ name, description: meaning }) => [name, meaning])),
    'default' in rest ? `Unless given: ${JSON.stringify(rest.default)}` : '',
    examples.length === 0 ? '' : `For example: ${examples.map((example) => JSON.stringify(example)).join(' or ')}`,
  ];
  return paragraphs.filter((paragraph) => paragraph !== '').join('\n\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, meaning]) => `  ${name.padEnd(width)}  ${meaning}`.trimEnd()).join('\n');
}
