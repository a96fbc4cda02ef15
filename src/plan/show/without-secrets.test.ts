import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutSecrets } from './without-secrets.ts';

test('passwords in commands and addresses are hidden wherever they stand, and names of variables are not', () => {
  const shown = withoutSecrets({
    run: 'mysqldump -phunter2 shop',
    list: ['s3://key:hunter2@bucket/x', 'mysqldump -p$DB_PASSWORD shop', 7, null],
  });
  assert.deepEqual(shown, {
    run: 'mysqldump -p[secret] shop',
    list: ['s3://key:[secret]@bucket/x', 'mysqldump -p$DB_PASSWORD shop', 7, null],
  });
});
