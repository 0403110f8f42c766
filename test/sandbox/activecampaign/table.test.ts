import { array, assert, integer, oneof, property, record, constant } from 'fast-check';
import { expect, test } from 'vitest';
import { firstAfter, Table } from '../../../src/sandbox/activecampaign/table.ts';

interface Piece {
  readonly id: number;
  readonly color: number;
}

const insertion = record({ kind: constant('insert' as const), color: integer({ min: 0, max: 3 }) });
const removal = record({ kind: constant('remove' as const), id: integer({ min: 1, max: 60 }) });
const clearance = record({ kind: constant('clear' as const), color: integer({ min: 0, max: 3 }) });

test('a table and its index hold what a plain list would, in order of id', () => {
  assert(
    property(
      array(oneof({ weight: 8, arbitrary: insertion }, { weight: 3, arbitrary: removal }, clearance), { maxLength: 120 }),
      (steps) => {
        const table = new Table<Piece>();
        const byColor = table.index((row) => row.color);
        let model: Piece[] = [];
        let lastId = 0;
        for (const step of steps) {
          if (step.kind === 'insert') {
            const row = { id: table.nextId(), color: step.color };
            expect(row.id).toBe((lastId += 1));
            table.insert(row);
            model.push(row);
          } else if (step.kind === 'remove') {
            const row = table.get(step.id);
            expect(row).toBe(model.find(({ id }) => id === step.id));
            if (row !== undefined) table.remove([row]);
            model = model.filter(({ id }) => id !== step.id);
          } else {
            table.remove(byColor.get(step.color));
            model = model.filter(({ color }) => color !== step.color);
          }
        }

        expect(table.rows).toEqual(model);
        for (const color of [0, 1, 2, 3]) expect(byColor.get(color)).toEqual(model.filter((row) => row.color === color));
        for (const { id } of model) expect(table.rows[firstAfter(table.rows, id) - 1]?.id).toBe(id);
      },
    ),
    { seed: 1 },
  );
});
