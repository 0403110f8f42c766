/** Contact groups of an installation, by label and by id. Labels stand in mappings, ids in records. */
import { listPages, type Api } from './api.ts';
import { textOf } from './documents.ts';

export interface GroupDirectory {
  labels(): Promise<readonly string[]>;
  /** Ids of these labels, and those labels that no group has. */
  idsOf(labels: readonly string[]): Promise<{ readonly ids: readonly string[]; readonly unknown: readonly string[] }>;
  /** The labels of groups; a group that nobody has heard of makes the directory be read again. */
  labelsOf(ids: readonly string[]): Promise<readonly string[]>;
  /** Read again before the next use. */
  forget(): void;
}

export function createGroupDirectory(api: Api): GroupDirectory {
  let held: Promise<ReadonlyMap<string, string>> | undefined;
  /** Groups that these credentials do not see: asking again would not show them either. */
  const hidden = new Set<string>();

  async function load(): Promise<ReadonlyMap<string, string>> {
    const byId = new Map<string, string>();
    for await (const { rows } of listPages(api, 'contactgroups', { 'fields[contactgroups]': 'label' })) {
      for (const { id, attributes } of rows) byId.set(id, textOf(attributes['label']));
    }
    return byId;
  }

  async function groups(): Promise<ReadonlyMap<string, string>> {
    const loading = (held ??= load());
    try {
      return await loading;
    } catch (error) {
      if (held === loading) held = undefined;
      throw error;
    }
  }

  return {
    labels: async () => [...new Set((await groups()).values())].toSorted(),
    async idsOf(labels) {
      const byLabel = new Map([...(await groups())].map(([id, label]) => [label, id]));
      const ids = labels.map((label) => byLabel.get(label)).filter((id) => id !== undefined);
      return { ids, unknown: labels.filter((label) => !byLabel.has(label)) };
    },
    async labelsOf(ids) {
      let byId = await groups();
      if (ids.some((id) => !byId.has(id) && !hidden.has(id))) {
        held = undefined;
        byId = await groups();
        for (const id of ids) if (!byId.has(id)) hidden.add(id);
      }
      return ids.map((id) => byId.get(id)).filter((label) => label !== undefined);
    },
    forget() {
      held = undefined;
      hidden.clear();
    },
  };
}
