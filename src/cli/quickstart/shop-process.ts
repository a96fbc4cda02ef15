/**
 * The shop itself, a process of its own: takes orders without pause, each in a transaction, and confirms each after
 * its commit by a line in a file. Arguments: database, file of confirmations, a prefix for its order numbers. It says
 * `<confirmed so far>` on standard output several times a second; when nobody reads that any more it ends, so that it
 * cannot outlive who started it.
 */
import { openSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { nowMs } from '../../platform/clock.ts';
import { randomInt } from '../../platform/random.ts';
import { sleep } from '../../platform/timers.ts';
import { shopSizes } from './shop-database.ts';

const [databasePath = '', confirmedPath = '', prefix = ''] = process.argv.slice(2);
const orderEveryMs = 20;
const reportEveryOrders = 5;
/** Little memory, as on a small machine: most pages are read from the disk each time. */
const cacheKiB = 64;

const database = new DatabaseSync(databasePath, { timeout: 10_000 });
database.exec(`PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-${cacheKiB}`);
const insertOrder = database.prepare(
  "INSERT INTO orders (number, customer_id, placed_ms, state, note) VALUES (?, ?, ?, 'new', 'Please ring twice.')",
);
const insertLine = database.prepare(
  'INSERT INTO order_lines SELECT ?, ?, id, 1, price_cents FROM products WHERE id = ?',
);
const takeFromStock = database.prepare('UPDATE products SET stock = stock - 1 WHERE id = ?');
const history = database.prepare(
  'SELECT count(*) AS n, max(note) AS note FROM orders JOIN order_lines ON order_id = id WHERE customer_id = ?',
);
const confirmations = openSync(confirmedPath, 'a', 0o600);

for (let count = 1; ; count += 1) {
  const number = `${prefix}-${count}`;
  takeOrder(number);
  writeSync(confirmations, `${number}\n`);
  if (count % reportEveryOrders === 1) writeSync(1, `${count}\n`);
  await sleep(orderEveryMs);
}

function takeOrder(number: string): void {
  const customer = randomInt(1, shopSizes.customers + 1);
  database.exec('BEGIN IMMEDIATE');
  const id = insertOrder.run(number, customer, nowMs()).lastInsertRowid;
  for (let position = 1; position <= randomInt(1, shopSizes.linesPerOrderMax + 1); position += 1) {
    const product = randomInt(1, shopSizes.products + 1);
    insertLine.run(id, position, product);
    takeFromStock.run(product);
  }
  database.exec('COMMIT');
  // what the customer's page shows: everything they ever ordered
  history.get(customer);
}
