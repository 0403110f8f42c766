import type { CustomFieldDatumRow, CustomFieldRow } from './rows.ts';
import { Table } from './table.ts';

/** Custom fields of deals, or of accounts, and their values. */
export class CustomFieldTables {
  readonly meta = new Table<CustomFieldRow>();
  readonly data = new Table<CustomFieldDatumRow>();
  readonly dataByOwner = this.data.index((row) => row.owner);
}
