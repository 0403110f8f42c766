/** Positions in what the vendor lists by date. */
import { ProviderError } from '../../model/errors.ts';
import { toInstant } from '../../model/time.ts';
import type { Cursor } from '../provider.ts';
import type { Api } from './api.ts';
import { instantOf } from './rows.ts';

/** @returns ms since the epoch @throws ProviderError PROVIDER_INVALID_CURSOR */
export function positionOf(api: Api, cursor: Cursor): number {
  let position: string | undefined;
  try {
    position = instantOf((JSON.parse(cursor) as { position?: unknown }).position);
  } catch {
    // Reported below, with everything else that is no position.
  }
  if (position === undefined) {
    throw new ProviderError('PROVIDER_INVALID_CURSOR', 'A stored position of this Dotdigital integration cannot be read.', {
      integration: api.integration,
      fault: 'ours',
    });
  }
  return Date.parse(position);
}

export function cursorOf(ms: number): Cursor {
  return JSON.stringify({ position: toInstant(ms) }) as Cursor;
}
