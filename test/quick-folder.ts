/**
 * Where tests keep files: what Syncline writes is synced to the disk again and again, which costs nothing in memory. A
 * container may have that folder and next to no room in it.
 */
import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const MEMORY = '/dev/shm';
const ROOM_BYTES = 2 ** 30;

export const QUICK_FOLDER = hasRoom() ? MEMORY : tmpdir();

function hasRoom(): boolean {
  if (!existsSync(MEMORY)) return false;
  const { bavail, bsize } = statfsSync(MEMORY);
  return bavail * bsize >= ROOM_BYTES;
}
