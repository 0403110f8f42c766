import type { ResourceObject } from './provider.ts';

/** The first object of a listing that is the one looked for. */
export async function findObject(
  pages: AsyncIterable<readonly ResourceObject[]>,
  isWanted: (object: ResourceObject) => boolean,
): Promise<ResourceObject | undefined> {
  for await (const page of pages) {
    const found = page.find(isWanted);
    if (found !== undefined) return found;
  }
  return undefined;
}
