import { createHash } from 'node:crypto';

/** An id of a job: unguessable in look, and the same for the same number and moment. */
export function jobId(kind: string, number: number, at: number): string {
  const hex = createHash('md5').update(`${kind} ${number} ${at}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
