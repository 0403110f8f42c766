/** Makes a working folder that plans against the sandbox at once. */
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SynclineError } from '../model/errors.ts';

export const DEFAULT_EXAMPLE = 'activecampaign-salesforce';

/**
 * Copies an example into a folder, with the entries that keep state and keys out of version control.
 * @returns the files that were made, relative to the folder
 * @throws SynclineError INIT_UNKNOWN_EXAMPLE, INIT_FOLDER_NOT_EMPTY
 */
export async function init(folder: string, example: string, examplesFolder: string): Promise<readonly string[]> {
  const examples = (await readdir(examplesFolder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  if (!examples.includes(example)) {
    throw new SynclineError('INIT_UNKNOWN_EXAMPLE', `There is no example "${example}".`, {
      hint: `Examples: ${examples.join(', ')}.`,
    });
  }
  if (existsSync(folder)) {
    const yaml = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name));
    if (yaml.length > 0) {
      throw new SynclineError('INIT_FOLDER_NOT_EMPTY', `${folder} already holds configuration (${yaml.join(', ')}).`, {
        hint: 'Choose an empty folder:\n  syncline init my-links',
      });
    }
  }
  await mkdir(folder, { recursive: true });
  const source = join(examplesFolder, example);
  const files = (await readdir(source)).filter((name) => name !== 'state').sort();
  for (const name of files)
    await cp(join(source, name), join(folder, name), { recursive: true, errorOnExist: true, force: false });
  if (!existsSync(join(folder, '.gitignore'))) {
    await writeFile(
      join(folder, '.gitignore'),
      '# The state of a rehearsal, its ledger and its key stay on this machine.\nstate/\n',
    );
    files.push('.gitignore');
  }
  return files;
}
