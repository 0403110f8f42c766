import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../../shared/recordings/activecampaign/', import.meta.url);

export interface Recording {
  readonly recorded: boolean;
  readonly request: { readonly method: string; readonly path: string; readonly query?: string; readonly body?: unknown };
  readonly response: { readonly status: number; readonly body: unknown };
}

/** Names of all recordings, none where the folder is not there. */
export function recordingNames(): string[] {
  try {
    return readdirSync(FOLDER)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    return [];
  }
}

export function loadRecording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recording;
}
