import { readFileSync } from 'node:fs';

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };

/** The version of this Syncline, from its package. */
export const SYNCLINE_VERSION = manifest.version;
