import type { Contact } from './contact.ts';

export interface Segment {
  readonly id: number;
  readonly name: string;
  readonly holds: (contact: Contact) => boolean;
  /** When a refresh was last asked for, in ms. */
  refreshed: number | undefined;
}
