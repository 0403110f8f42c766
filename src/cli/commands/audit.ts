import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SynclineError } from '../../model/errors.ts';
import { appliedStack } from '../../operations/applied-stack.ts';
import { exportAuditLog, readAuditLog, verifyAuditLog } from '../../operations/audit.ts';
import { auditLine } from '../../report/audit-text.ts';
import type { AuditVerification } from '../../storage/audit.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { exitCodeHelp } from './help.ts';

export const auditCommand: CommandModule = {
  register(program, action) {
    const audit = program
      .command('audit')
      .description('who applied what, when, from which commit, under which plan digest')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'read, and intact', 1: 'an error, or the log was changed' }, [
          'syncline audit log',
          'syncline audit verify',
        ]),
      );
    audit
      .command('log')
      .description('list the events, newest first; what ends in _claim was only said by whoever ran the command')
      .addHelpText('after', exitCodeHelp({ 0: 'listed', 1: 'an error' }, ['syncline audit log', 'syncline audit log --json']))
      .action(
        action(async (context) => {
          const runtime = context.runtime(() => undefined);
          const events = await readAuditLog(runtime, await appliedStack(runtime));
          if (context.json) context.printLines(events);
          else context.print(events.length === 0 ? 'The audit log is empty.' : events.map(auditLine).join('\n'));
          return EXIT.success;
        }),
      );
    audit
      .command('export')
      .description('print the log as it is stored, oldest first: JSON lines, each with the hash of the one before')
      .option('-o, --out <file>', 'write to this new file, not to standard output')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'exported, and intact', 1: 'an error, or the log was changed: what there is was exported' }, [
          'syncline audit export > audit.jsonl',
          'syncline audit export --out audit-2026.jsonl --stack production',
        ]),
      )
      .action(
        action(async (context, _parameters, options) => {
          const runtime = context.runtime(() => undefined);
          const { lines, verification } = await exportAuditLog(runtime, await appliedStack(runtime));
          const text = lines.map((line) => `${line}\n`).join('');
          const out = options['out'] as string | undefined;
          if (out === undefined) {
            if (text !== '') context.print(text);
          } else {
            await writeExport(context.root, out, text);
            context.print(
              context.json
                ? JSON.stringify({ type: 'audit_export', events: lines.length, file: out, ...verification })
                : `${lines.length} events were written to ${out}.`,
            );
          }
          if (!verification.intact) context.note(brokenLog(verification));
          return verification.intact ? EXIT.success : EXIT.error;
        }),
      );
    audit
      .command('verify')
      .description('check the hash chain, and its end against the state')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'intact', 1: 'changed, shortened or unreadable; the message says where' }, [
          'syncline audit verify',
          'syncline audit verify --json',
        ]),
      )
      .action(
        action(async (context) => {
          const runtime = context.runtime(() => undefined);
          const result = await verifyAuditLog(runtime, await appliedStack(runtime));
          if (context.json) context.print(JSON.stringify(result));
          else if (result.intact)
            context.print(`The audit log is intact: ${result.head.count} events, head ${result.head.head}.`);
          else context.note(brokenLog(result));
          return result.intact ? EXIT.success : EXIT.error;
        }),
      );
  },
};

function brokenLog({ line, reason, detail }: Extract<AuditVerification, { readonly intact: false }>): string {
  return `Error: The audit log is not intact\n  line ${line} (${reason}): ${detail}`;
}

/** An export that is there already is evidence, and never written over. */
async function writeExport(root: string, file: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(root, file), text, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new SynclineError('STORAGE_WRITE_FAILED', `${file} ${isThere ? 'is there already' : 'cannot be written'}.`, {
      hint: 'Give another name with --out.',
      cause: error,
    });
  }
}
