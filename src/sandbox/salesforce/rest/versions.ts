/** API versions that the sandbox serves. */

export const OLDEST_KNOWN_VERSION = 7;
/** Versions below this are retired and answer 410. */
export const FIRST_VERSION = 31;
export const LAST_VERSION = 68;

const RELEASES = ['Summer', 'Winter', 'Spring'] as const;

/** `GET /services/data`, oldest first. Version 31 was Summer '14; three releases make a year. */
export function apiVersions(): { label: string; url: string; version: string }[] {
  const versions: { label: string; url: string; version: string }[] = [];
  for (let version = FIRST_VERSION; version <= LAST_VERSION; version += 1) {
    const step = version - FIRST_VERSION;
    const release = RELEASES[step % 3];
    const year = 14 + Math.floor((step + 2) / 3);
    versions.push({ label: `${release} '${String(year)}`, url: `/services/data/v${version}.0`, version: `${version}.0` });
  }
  return versions;
}
