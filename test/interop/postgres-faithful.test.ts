/** Our log against that of `pg_receivewal`, and the way back without us; the long form is `npm run campaign -- faithful`. */
import { test } from 'node:test';
import { compareAll } from '../simulation/faithful-scene.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const workMs = 8000;

test('the log is that of pg_receivewal byte for byte, and the way back with us and without gives the same dump', async (t) => {
  using folder = temporaryFolder();
  t.diagnostic(await compareAll({ folder: folder.path, workMs }));
});
