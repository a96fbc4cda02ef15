/** The database of the demonstration shop: customers, products, orders and their lines. */
import { DatabaseSync } from 'node:sqlite';

export interface ShopCounts {
  readonly customers: number;
  readonly products: number;
  readonly orders: number;
  readonly lines: number;
}

export const shopSizes = { customers: 800, products: 200, orders: 5_000, linesPerOrderMax: 4 } as const;

const schema = `
  CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, address TEXT NOT NULL);
  CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, price_cents INTEGER NOT NULL, stock INTEGER NOT NULL);
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, customer_id INTEGER NOT NULL REFERENCES customers (id),
    placed_ms INTEGER NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL
  );
  CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id), position INTEGER NOT NULL,
    product_id INTEGER NOT NULL REFERENCES products (id), pieces INTEGER NOT NULL, price_cents INTEGER NOT NULL,
    PRIMARY KEY (order_id, position)
  ) WITHOUT ROWID;
  CREATE INDEX orders_of_customer ON orders (customer_id);`;

const firstNames = ['Ada', 'Björn', 'Chiara', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hiro', 'Ingrid', 'José'];
const lastNames = ['Adeyemi', 'Brandt', 'Costa', 'Dubois', 'Eriksen', 'Fontana', 'García', 'Hopper', 'Ito'];
const things = ['lamp', 'kettle', 'notebook', 'blanket', 'compass', 'teapot', 'rucksack', 'umbrella'];
const colours = ['red', 'blue', 'green', 'white', 'black'];
const orderEveryMs = 90_000;

/** Makes the database with its past orders, the newest just before `nowMs`. The same counts every time. */
export function makeShopDatabase(path: string, nowMs: number): ShopCounts {
  using database = new DatabaseSync(path);
  database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; ${schema} BEGIN`);
  addCustomers(database);
  addProducts(database);
  const lines = addOrders(database, nowMs);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
  const { customers, products, orders } = shopSizes;
  return { customers, products, orders, lines };
}

function addCustomers(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= shopSizes.customers; id += 1) {
    const name = `${pick(firstNames, id)} ${pick(lastNames, id * 7)}`;
    insert.run(id, name, `customer${id}@example.com`, `${id} Harbour Street, 1${1000 + id} Seatown`);
  }
}

function addProducts(database: DatabaseSync): void {
  const insert = database.prepare('INSERT INTO products VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= shopSizes.products; id += 1)
    insert.run(id, `${pick(colours, id)} ${pick(things, id * 3)} no. ${id}`, 490 + id * 35, 100_000);
}

function addOrders(database: DatabaseSync, nowMs: number): number {
  const order = database.prepare('INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)');
  const line = database.prepare('INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)');
  let lines = 0;
  for (let id = 1; id <= shopSizes.orders; id += 1) {
    const customer = 1 + ((id * 389) % shopSizes.customers);
    const placedMs = nowMs - (shopSizes.orders - id + 1) * orderEveryMs;
    order.run(id, `old-${id}`, customer, placedMs, 'delivered', `Left with neighbour ${(id * 13) % 90}.`);
    const count = 1 + ((id * 31) % shopSizes.linesPerOrderMax);
    for (let position = 1; position <= count; position += 1) {
      const product = 1 + ((id * 17 + position * 41) % shopSizes.products);
      line.run(id, position, product, 1 + ((id + position) % 3), 490 + product * 35);
    }
    lines += count;
  }
  return lines;
}

function pick(words: readonly string[], at: number): string {
  return words[at % words.length] ?? '';
}
