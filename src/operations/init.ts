/** Makes a working folder that plans against the sandbox at once. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { SynclineError } from '../model/errors.ts';
import { systemErrorCode } from '../storage/file-system.ts';
import { systemReason } from '../storage/local/file-errors.ts';

export const DEFAULT_EXAMPLE = 'activecampaign-salesforce';

/**
 * Copies an example into a folder, with the entries that keep state and keys out of version control.
 * @returns the files that were made, relative to the folder
 * @throws SynclineError INIT_UNKNOWN_EXAMPLE, INIT_FOLDER_NOT_EMPTY, FOLDER_UNUSABLE
 */
export async function init(
  folder: string,
  example: string,
  { examples: examplesFolder, schemas }: { readonly examples: string; readonly schemas: string },
): Promise<readonly string[]> {
  const examples = (await readdir(examplesFolder, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  if (!examples.includes(example)) {
    throw new SynclineError('INIT_UNKNOWN_EXAMPLE', `There is no example "${example}".`, {
      hint: `Examples: ${examples.join(', ')}.`,
    });
  }
  const yaml = (await readyFolder(folder)).filter((name) => /\.ya?ml$/.test(name));
  if (yaml.length > 0) {
    throw new SynclineError('INIT_FOLDER_NOT_EMPTY', `${folder} already holds configuration (${yaml.join(', ')}).`, {
      hint: 'Choose an empty folder:\n  syncline init my-links',
    });
  }
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
  files.push(...(await tellEditors(folder, files, join(schemas, 'syncline.schema.json'))));
  return files;
}

/** @returns what the folder holds, which is made where it is not there yet */
async function readyFolder(folder: string): Promise<readonly string[]> {
  try {
    await makeFolder(folder);
    return await readdir(folder);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined) throw error;
    const detail = existsSync(folder)
      ? `${folder} cannot be used: ${code === 'ENOTDIR' ? 'it is no folder' : systemReason(code)}.`
      : `${folder} cannot be made: ${systemReason(code)}.`;
    throw new SynclineError('FOLDER_UNUSABLE', detail, {
      hint: 'Choose a folder of your own:\n  syncline init my-links',
      cause: error,
    });
  }
}

/** One by one: where a folder takes no others, as /proc, the `recursive` of Node goes up and down for ever. */
async function makeFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  await mkdir(folder);
}

/** How the examples lead editors to the schemas, from where they are. */
const MODELINE = /^# yaml-language-server: \$schema=.*$/m;

/**
 * Editors find the schema by the first line of a file. That line speaks for the first document alone, so that VS Code is
 * told of all of them.
 */
async function tellEditors(folder: string, files: readonly string[], schema: string): Promise<readonly string[]> {
  const path = relative(folder, schema).split(sep).join('/');
  for (const name of files.filter((file) => /\.ya?ml$/.test(file))) {
    const text = await readFile(join(folder, name), 'utf8');
    await writeFile(
      join(folder, name),
      text.replace(MODELINE, () => `# yaml-language-server: $schema=${path}`),
    );
  }
  const settings = join('.vscode', 'settings.json');
  if (existsSync(join(folder, settings))) return [];
  await mkdir(join(folder, '.vscode'), { recursive: true });
  const mapping = { 'yaml.schemas': { [path.startsWith('.') ? path : `./${path}`]: ['*.yaml', '*.yml'] } };
  await writeFile(join(folder, settings), `${JSON.stringify(mapping, null, 2)}\n`);
  return [settings];
}
