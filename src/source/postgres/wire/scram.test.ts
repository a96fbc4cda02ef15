import assert from 'node:assert/strict';
import test from 'node:test';
import { hasCode } from '../../../error/lifeboat-error.ts';
import { saslPrepared } from './sasl-prepared.ts';
import { beginScram } from './scram.ts';

// RFC 7677, section 3; its user name is empty here, as PostgreSQL takes the one of the start-up message.
const nonce = 'rOprNGfwEbeRWgbNEkqO';
const serverFirst = `r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`;

test('a dialogue is answered as another implementation answers it', async () => {
  const scram = beginScram({ password: 'pencil', nonce, binding: { kind: 'unable' } });
  assert.equal(scram.first, `n,,n=,r=${nonce}`);
  const answer = await scram.respond(serverFirst);
  // by Python's hashlib, from the formulas of RFC 5802
  assert.equal(
    answer,
    `c=biws,r=${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=qvT2SWdEH5Q06albL+hjSYuUhCG7VndFyzIb7CK4n9k=`,
  );
  scram.finish('v=3HO6Qt1M4MKJrmlKaoOqLAI0/0TV0HZe7J9H3MBtSOg=');
});

test('a server that does not know the password is refused', async () => {
  const scram = beginScram({ password: 'pencil', nonce, binding: { kind: 'unable' } });
  assert.throws(() => scram.finish('v='), isDenied);
  await scram.respond(serverFirst);
  assert.throws(() => scram.finish('v=AAAA'), isDenied);
  assert.throws(() => scram.finish('e=other-error'), isDenied);
});

test('a nonce that is not ours, and rounds without end, are refused', async () => {
  const scram = beginScram({ password: 'pencil', nonce, binding: { kind: 'unable' } });
  await assert.rejects(scram.respond(serverFirst.replace('rOprN', 'rOprM')), isDenied);
  await assert.rejects(scram.respond(serverFirst.replace('i=4096', 'i=400000000')), isDenied);
  await assert.rejects(scram.respond(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`), isDenied);
});

test('what the connection is bound to is said and hashed along', async () => {
  const bound = beginScram({ password: 'x', nonce, binding: { kind: 'bound', hash: Buffer.from('hash') } });
  assert.ok(bound.first.startsWith('p=tls-server-end-point,,n=,'));
  const answer = await bound.respond(serverFirst);
  assert.ok(answer.startsWith(`c=${Buffer.from('p=tls-server-end-point,,hash').toString('base64')},`));
  const unoffered = beginScram({ password: 'x', nonce, binding: { kind: 'unoffered' } });
  assert.ok(unoffered.first.startsWith('y,,n=,'));
});

test('passwords are prepared as RFC 4013 says, and taken as they are where it forbids', () => {
  assert.equal(saslPrepared('pencil'), 'pencil');
  assert.equal(saslPrepared('I\u00adX'), 'IX');
  assert.equal(saslPrepared('\u00aa'), 'a');
  assert.equal(saslPrepared('\u2168'), 'IX');
  assert.equal(saslPrepared('ä\u00a0b'), 'ä b');
  assert.equal(saslPrepared('ä\u0007'), 'ä\u0007');
});

function isDenied(error: unknown): boolean {
  return hasCode(error, 'SOURCE_DENIED');
}
