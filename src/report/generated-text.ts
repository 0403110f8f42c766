import type { Generated } from '../operations/generate.ts';
import { counted } from './layout.ts';
import { safe } from './safe.ts';

/** What `generate` found, beside the YAML itself. */
export function generatedText({ documents, known, leftOut }: Generated, file: string | undefined): string {
  const resources = documents.filter(({ kind }) => kind === 'Resource').length;
  const imports = documents.length - resources;
  return [
    `${counted(resources, 'resource')} written${file === undefined ? '' : ` to ${safe(file)}`}; ${known} known already, ${leftOut.length} left out.`,
    ...leftOut.map(({ type, key, reason }) => `  left out: ${type} ${JSON.stringify(safe(key))}: ${safe(reason, 400)}`),
    ...(imports === 0 ? [] : ['The next apply imports them, and changes nothing at the vendor.']),
  ].join('\n');
}
