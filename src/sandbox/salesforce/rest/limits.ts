/** Counts calls of the last 24 hours against the org's allowance. */
import type { Organization } from '../data/organization.ts';
import type { Answer, Call, Workspace } from './call.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;

export class ApiUsage {
  readonly #org: Organization;
  /** Calls by hour since the epoch. */
  readonly #hours = new Map<number, number>();

  constructor(org: Organization) {
    this.#org = org;
  }

  count(): void {
    const hour = this.#hour();
    this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + 1);
  }

  get used(): number {
    const oldest = this.#hour() - HOURS;
    let used = 0;
    for (const [hour, calls] of this.#hours) {
      if (hour <= oldest) this.#hours.delete(hour);
      else used += calls;
    }
    return used;
  }

  get allowed(): number {
    return this.#org.settings.dailyApiRequests;
  }

  get isExceeded(): boolean {
    return this.used > this.allowed;
  }

  /** `Sforce-Limit-Info` of an answer. */
  get header(): string {
    return `api-usage=${this.used}/${this.allowed}`;
  }

  #hour(): number {
    return Math.floor(this.#org.clock.now() / HOUR_MS);
  }
}

/** `GET limits` */
export function limits(usage: ApiUsage): Answer {
  const untouched = (maximum: number): { Max: number; Remaining: number } => ({ Max: maximum, Remaining: maximum });
  return {
    status: 200,
    body: {
      DailyApiRequests: { Max: usage.allowed, Remaining: Math.max(0, usage.allowed - usage.used) },
      DailyAsyncApexExecutions: untouched(250_000),
      DailyBulkApiBatches: untouched(15_000),
      DailyBulkV2QueryFileStorageMB: untouched(976_562),
      DailyBulkV2QueryJobs: untouched(10_000),
      DataStorageMB: untouched(200),
      FileStorageMB: untouched(200),
      HourlyPublishedPlatformEvents: untouched(50_000),
    },
  };
}

/** `GET limits/recordCount?sObjects=Account,Contact` */
export function recordCount({ org }: Workspace, call: Call): Answer {
  const wanted = call.query
    .get('sObjects')
    ?.split(',')
    .map((name) => name.trim().toLowerCase());
  const counts = [...org.tables.values()]
    .filter(({ schema }) => !schema.tooling && (wanted === undefined || wanted.includes(schema.name.toLowerCase())))
    .map((table) => ({ count: livingRows(table), name: table.schema.name }));
  return { status: 200, body: { sObjects: counts.toSorted((one, other) => (one.name < other.name ? -1 : 1)) } };
}

function livingRows(table: { length: number; present: readonly boolean[]; isDeleted: (row: number) => boolean }): number {
  let count = 0;
  for (let row = 0; row < table.length; row += 1) if (table.present[row] === true && !table.isDeleted(row)) count += 1;
  return count;
}
