import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemTable } from './system-table.ts';

const rows = [
  ['ok', 'customer-orders-database', '3 min of 1 h', '2 min of 1 h', '1 d of 7 d', 'in 57 min'],
  ['BREACHED', 'uploads', '3 d of 1 h (7200%)', '? of 1 h', '? of 7 d', 'by hand'],
];

test('a table that fits has every column', () => {
  const { heading, rows: shown } = systemTable(rows, 120);
  assert.match(heading, /^state +system +RPO +RTO +proof +next run$/);
  assert.deepEqual(
    shown.map(({ below }) => below),
    [[], []],
  );
  assert.match(shown[1]?.line ?? '', /^BREACHED +uploads .* by hand$/);
});

test('next run, proof and RTO move below the row, in this order, until it fits', () => {
  const whole = systemTable(rows, 1000);
  const least = Math.max(...whole.rows.map(({ line }) => line.length));
  assert.deepEqual(systemTable(rows, least).rows[0]?.below, []);
  for (const [columns, below] of [
    [least - 1, ['next run: in 57 min']],
    [80, ['next run: in 57 min']],
    [70, ['proof: 1 d of 7 d', 'next run: in 57 min']],
    [60, ['RTO: 2 min of 1 h', 'proof: 1 d of 7 d', 'next run: in 57 min']],
  ] as const) {
    const table = systemTable(rows, columns);
    assert.deepEqual(table.rows[0]?.below, below, String(columns));
    for (const { line } of table.rows) assert.ok(line.length <= columns, line);
  }
});
