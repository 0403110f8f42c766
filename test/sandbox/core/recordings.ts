/** Recorded exchanges with the vendors, which lie beside the repository and not in it. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('../../../../shared/recordings/', import.meta.url);

export interface RecordedExchange {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly query?: Readonly<Record<string, string>>;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
  readonly response: { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown };
}

export interface Recording {
  /** `subset`: answers may hold more; `exact`: the very values; `shape` unless said. */
  readonly match: 'exact' | 'shape' | 'subset';
  readonly exchanges: readonly RecordedExchange[];
}

/** Names of a vendor's recordings without `.json`, none where the folder is not there. */
export function recordingNames(vendor: string): string[] {
  try {
    return readdirSync(new URL(`${vendor}/`, FOLDER))
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length))
      .sort();
  } catch {
    return [];
  }
}

export function loadRecording(vendor: string, name: string): Recording {
  const read = JSON.parse(readFileSync(new URL(`${vendor}/${name}.json`, FOLDER), 'utf8')) as RecordedExchange & {
    readonly match?: Recording['match'];
    readonly exchanges?: readonly RecordedExchange[];
  };
  return { match: read.match ?? 'shape', exchanges: read.exchanges ?? [read] };
}

/** The path with the query, encoded as it is sent. */
export function addressOf({ path, query = {} }: RecordedExchange['request']): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}
