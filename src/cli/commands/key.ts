import { appliedStack } from '../../operations/applied-stack.ts';
import { rotateKey } from '../../operations/key-rotation.ts';
import { keyRotationJson, keyRotationText } from '../../report/key-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { CommandModule } from '../program.ts';
import { printEvent } from './apply.ts';
import { exitCodeHelp } from './help.ts';

export const keyCommand: CommandModule = {
  register(program, action) {
    const key = program
      .command('key')
      .description('the key under which personal data is stored')
      .addHelpText('after', exitCodeHelp({ 0: 'done', 1: 'an error' }, ['syncline key rotate', 'syncline key rotate --json']));
    key
      .command('rotate')
      .description('encrypt and hash the ledger anew under a new key; with SYNCLINE_KEY put the new one first: "NEW,OLD"')
      .addHelpText(
        'after',
        exitCodeHelp({ 0: 'rotated', 1: 'an error; the ledger keeps the key that it has', 5: 'locked by somebody else' }, [
          'syncline key rotate',
          'syncline key rotate --lock-timeout 5m',
        ]),
      )
      .action(
        action(async (context) => {
          const runtime = context.runtime((event) => printEvent(context, event));
          const result = await rotateKey(runtime, await appliedStack(runtime));
          context.print(context.json ? JSON.stringify(keyRotationJson(result)) : keyRotationText(result));
          return EXIT.success;
        }),
      );
  },
};
