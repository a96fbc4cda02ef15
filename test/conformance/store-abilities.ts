/**
 * One suite for each rare ability of stores. What a store offers is stated by its expectations, so that an ability
 * that is lost, or grows unnoticed, fails as well.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  ArchiveThaw,
  CreateOnly,
  ObjectRetention,
  ObjectVersion,
  ObjectVersions,
  StorageClasses,
  ThawSpeed,
} from '../../src/object-store/abilities.ts';
import type { ObjectStore } from '../../src/object-store/object-store.ts';
import { listed } from '../support/listed.ts';
import { collect, type StoreUnderTest } from './object-store.ts';

export interface AbleStoreUnderTest extends StoreUnderTest {
  /** Moves the clock of the store on. Absent where that is not possible: then nothing that needs it is checked. */
  readonly advanceMs?: (ms: number) => Promise<void>;
  /** The clock of the store, milliseconds since the epoch. */
  readonly nowMs: () => number;
}

/** `undefined`: the store must not offer it. */
export interface AbilityExpectations {
  readonly createOnly?: true;
  readonly retention?: {
    readonly mode: 'governance' | 'compliance';
    /** What deleting or replacing a retained object does: the store refuses, or the content stays as a version. */
    readonly onDelete: 'refused' | 'version-stays';
    /** Without it, nothing is known of holds. */
    readonly legalHold: boolean;
  };
  readonly storageClasses?: {
    readonly usual: string;
    /** Others that can be read at once. */
    readonly warm: readonly string[];
  };
  readonly thaw?: {
    readonly coldClass: string;
    readonly speed: ThawSpeed;
    readonly isColdAgain: boolean;
  };
  readonly versions?: true;
}

type Make = () => Promise<AbleStoreUnderTest>;
type Body<Ability> = (ability: Ability, store: ObjectStore, made: AbleStoreUnderTest) => Promise<void>;
type Check<Ability> = (what: string, body: Body<Ability>) => void;

/** `canAdvance`: whether `make` gives stores with `advanceMs`. */
export function storeAbilitiesConformance(
  name: string,
  make: Make,
  expected: AbilityExpectations & { readonly canAdvance: boolean },
): void {
  describe(`abilities of object store ${name}`, () => {
    test('are those that are expected, and the facts agree', async () => {
      await using made = disposable(await make());
      checkFacts(made.store, expected);
    });
    if (expected.createOnly) checkCreateOnly(checkerOf(make, ({ abilities }) => abilities.createOnly));
    if (expected.retention)
      checkRetention(
        checkerOf(make, ({ abilities }) => abilities.retention),
        { ...expected.retention, canAdvance: expected.canAdvance },
      );
    if (expected.storageClasses)
      checkClasses(
        checkerOf(make, ({ abilities }) => abilities.storageClasses),
        expected.storageClasses,
      );
    if (expected.thaw)
      checkThaw(
        checkerOf(make, ({ abilities }) => abilities.thaw),
        { ...expected.thaw, canAdvance: expected.canAdvance },
      );
    if (expected.versions) checkVersions(checkerOf(make, ({ abilities }) => abilities.versions));
  });
}

function checkerOf<Ability>(
  make: Make,
  pick: (store: ObjectStore) => Ability | undefined,
): (what: string, body: Body<Ability>) => void {
  return (what, body) => {
    test(what, async () => {
      await using made = disposable(await make());
      const ability = pick(made.store);
      assert.ok(ability !== undefined, 'the ability is offered');
      await body(ability, made.store, made);
    });
  };
}

function disposable(made: AbleStoreUnderTest): AbleStoreUnderTest & AsyncDisposable {
  return { ...made, [Symbol.asyncDispose]: () => made.dispose() };
}

function checkFacts({ abilities, facts }: ObjectStore, expected: AbilityExpectations): void {
  for (const name of ['createOnly', 'retention', 'storageClasses', 'thaw', 'versions'] as const) {
    assert.equal(abilities[name] !== undefined, expected[name] !== undefined, name);
  }
  assert.equal(facts.conditionalPut, expected.createOnly !== undefined, 'facts.conditionalPut');
  assert.equal(facts.objectLock, expected.retention !== undefined, 'facts.objectLock');
  const classes = expected.storageClasses;
  const named = classes === undefined ? [] : [classes.usual, ...classes.warm];
  assert.deepEqual(
    named.filter((each) => !facts.storageClasses.includes(each)),
    [],
  );
  assert.equal(facts.storageClasses.length > 0, classes !== undefined, 'facts.storageClasses');
  if (expected.thaw) assert.ok(facts.storageClasses.includes(expected.thaw.coldClass));
  const createsInto = abilities.storageClasses?.createInto !== undefined;
  assert.equal(createsInto, classes !== undefined && expected.createOnly !== undefined, 'createInto');
}

const creatorCount = 24;
const contentBytes = 100_000;

function checkCreateOnly(check: Check<CreateOnly>): void {
  check('creates what is not there', async ({ create }, store) => {
    assert.equal(await create('data/ab/object', Buffer.from('first')), 'created');
    assert.equal((await store.get('data/ab/object')).toString(), 'first');
    assert.deepEqual(await listed(store), [{ key: 'data/ab/object', size: 5 }]);
  });
  check('leaves what is there as it is, however it came there', async ({ create }, store) => {
    await store.put('put', Buffer.from('by put'));
    await create('created', Buffer.from('by create'));
    assert.equal(await create('put', Buffer.from('other')), 'exists');
    assert.equal(await create('created', Buffer.from('other, and longer')), 'exists');
    assert.equal(await create('created', Buffer.from('by create')), 'exists');
    assert.equal((await store.get('put')).toString(), 'by put');
    assert.equal((await store.get('created')).toString(), 'by create');
    assert.equal((await collect(store.list(''))).length, 2);
  });
  check('lets one of many at once win, and keeps nothing of the others', async ({ create }, store) => {
    const outcomes = await Promise.all(
      Array.from({ length: creatorCount }, (_, n) => create('data/one', Buffer.alloc(contentBytes + n, n))),
    );
    const winners = outcomes.flatMap((outcome, n) => (outcome === 'created' ? [n] : []));
    assert.equal(winners.length, 1, `winners ${winners.join(', ')}`);
    const [winner = -1] = winners;
    const bytes = await store.get('data/one');
    assert.ok(bytes.equals(Buffer.alloc(contentBytes + winner, winner)), 'the bytes are those of the winner');
    assert.deepEqual(await listed(store), [{ key: 'data/one', size: contentBytes + winner }]);
    const { versions } = store.abilities;
    if (versions) assert.equal((await Array.fromAsync(versions.listVersions(''))).length, 1);
  });
  check('creates again what was deleted', async ({ create }, store) => {
    await create('key', Buffer.from('old'));
    await store.delete('key');
    assert.equal(await create('key', Buffer.from('new')), 'created');
    assert.equal((await store.get('key')).toString(), 'new');
  });
  check('takes an empty object for one', async ({ create }, store) => {
    assert.equal(await create('empty', new Uint8Array(0)), 'created');
    assert.equal(await create('empty', Buffer.from('x')), 'exists');
    assert.equal((await store.stat('empty')).size, 0);
  });
  check('can be replaced and deleted by others, being no retention', async ({ create }, store) => {
    await create('key', Buffer.from('created'));
    await store.put('key', Buffer.from('put'));
    assert.equal((await store.get('key')).toString(), 'put');
  });
  check('refuses what is no key, and an aborted signal', async ({ create }, store) => {
    await assert.rejects(create('../a', Buffer.from('x')), { code: 'ASSERTION' });
    await assert.rejects(create('data/abc-tmp-123', Buffer.from('x')), { code: 'ASSERTION' });
    const reason = new Error('the reason');
    await assert.rejects(create('key', Buffer.from('x'), AbortSignal.abort(reason)), reason);
    assert.deepEqual(await collect(store.list('')), []);
  });
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Stores keep whole seconds. */
const wholeSecond = (ms: number): number => Math.ceil(ms / 1000) * 1000;

type RetentionFacts = NonNullable<AbilityExpectations['retention']> & { readonly canAdvance: boolean };

function checkRetention(check: Check<ObjectRetention>, facts: RetentionFacts): void {
  check('tells that nothing keeps a new object', async (retention, store) => {
    await store.put('key', Buffer.from('x'));
    assert.deepEqual(await retention.retentionOf('key'), { legalHold: false });
  });
  check('retains until a date, and never shortens', async (retention, store, { nowMs }) => {
    const untilMs = wholeSecond(nowMs() + hourMs);
    await store.put('key', Buffer.from('x'));
    await retention.retain('key', untilMs);
    const { mode } = facts;
    assert.deepEqual(await retention.retentionOf('key'), { untilMs, mode, legalHold: false });
    await retention.retain('key', untilMs - hourMs / 2);
    assert.deepEqual(await retention.retentionOf('key'), { untilMs, mode, legalHold: false });
    await retention.retain('key', untilMs + hourMs);
    assert.deepEqual(await retention.retentionOf('key'), {
      untilMs: untilMs + hourMs,
      mode,
      legalHold: false,
    });
  });
  check('keeps a retained object from being deleted', async (retention, store, { nowMs }) => {
    await store.put('key', Buffer.from('kept'));
    await retention.retain('key', wholeSecond(nowMs() + hourMs));
    await checkStays(store, 'key', facts.onDelete);
  });
  check('keeps a retained object from being replaced', async (retention, store, { nowMs }) => {
    await store.put('key', Buffer.from('kept'));
    await retention.retain('key', wholeSecond(nowMs() + hourMs));
    if (facts.onDelete === 'refused') {
      await assert.rejects(store.put('key', Buffer.from('other')), { code: 'OBJECT_RETAINED' });
      assert.equal((await store.get('key')).toString(), 'kept');
    } else {
      await store.put('key', Buffer.from('other'));
      await checkVersionStays(store, 'key', 'kept');
    }
  });
  check('concerns no other object', async (retention, store, { nowMs }) => {
    await store.put('key', Buffer.from('kept'));
    await store.put('key-2', Buffer.from('free'));
    await retention.retain('key', wholeSecond(nowMs() + hourMs));
    await store.delete('key-2');
    await assert.rejects(store.get('key-2'), { code: 'OBJECT_MISSING' });
    assert.equal((await store.get('key')).toString(), 'kept');
  });
  check('names the absent object', async (retention, _store, { nowMs }) => {
    const missing = { code: 'OBJECT_MISSING', message: /no\/such/ };
    await assert.rejects(retention.retain('no/such', wholeSecond(nowMs() + hourMs)), missing);
    await assert.rejects(retention.retentionOf('no/such'), missing);
    if (facts.legalHold) await assert.rejects(retention.setLegalHold('no/such', true), missing);
  });
  if (facts.legalHold) checkLegalHold(check, facts);
  if (facts.canAdvance) checkRetentionEnds(check);
}

function checkLegalHold(check: Check<ObjectRetention>, facts: RetentionFacts): void {
  check('holds without a date, beside the retention', async (retention, store) => {
    await store.put('key', Buffer.from('kept'));
    await retention.setLegalHold('key', true);
    assert.deepEqual(await retention.retentionOf('key'), { legalHold: true });
    await checkStays(store, 'key', facts.onDelete);
  });
  check('lets go what is held no longer', async (retention, store) => {
    await store.put('key', Buffer.from('kept'));
    await retention.setLegalHold('key', true);
    await retention.setLegalHold('key', false);
    assert.deepEqual(await retention.retentionOf('key'), { legalHold: false });
    await store.delete('key');
    await removeVersions(store);
    await assert.rejects(store.get('key'), { code: 'OBJECT_MISSING' });
  });
}

function checkRetentionEnds(check: Check<ObjectRetention>): void {
  check('lets go after the date', async (retention, store, { nowMs, advanceMs }) => {
    await store.put('key', Buffer.from('kept'));
    await retention.retain('key', wholeSecond(nowMs() + hourMs));
    await advanceMs?.(hourMs + 2000);
    assert.deepEqual(await retention.retentionOf('key'), { legalHold: false });
    await store.delete('key');
    await removeVersions(store);
    await assert.rejects(store.get('key'), { code: 'OBJECT_MISSING' });
  });
}

async function checkStays(
  store: ObjectStore,
  key: string,
  onDelete: 'refused' | 'version-stays',
): Promise<void> {
  if (onDelete === 'refused') {
    await assert.rejects(store.delete(key), { code: 'OBJECT_RETAINED', message: new RegExp(key) });
    assert.equal((await store.get(key)).toString(), 'kept');
  } else {
    await store.delete(key);
    await checkVersionStays(store, key, 'kept');
  }
}

async function checkVersionStays(store: ObjectStore, key: string, content: string): Promise<void> {
  const { versions } = store.abilities;
  assert.ok(versions, 'a content that stays as a version can be looked at');
  const all = await Array.fromAsync(versions.listVersions(key));
  const kept = all.filter(({ isDeletion, isCurrent }) => !isDeletion && !isCurrent);
  assert.equal(kept.length, 1);
  const [{ versionId } = { versionId: '' }] = kept;
  await assert.rejects(versions.deleteVersion(key, versionId), { code: 'OBJECT_RETAINED' });
  assert.equal((await versions.getVersion(key, versionId)).toString(), content);
}

async function removeVersions({ abilities: { versions } }: ObjectStore): Promise<void> {
  if (!versions) return;
  const all = await Array.fromAsync(versions.listVersions(''));
  for (const { key, versionId } of all) await versions.deleteVersion(key, versionId);
  assert.deepEqual(await Array.fromAsync(versions.listVersions('')), []);
}

function checkClasses(
  check: Check<StorageClasses>,
  { usual, warm }: NonNullable<AbilityExpectations['storageClasses']>,
): void {
  check('puts into the usual class', async (classes, store) => {
    await store.put('key', Buffer.from('x'));
    assert.equal(await classes.classOf('key'), usual);
  });
  check('puts into each warm class, and reads from there at once', async (classes, store) => {
    for (const name of [usual, ...warm]) {
      await classes.putInto(name, `data/${name}`, Buffer.from(name));
      assert.equal(await classes.classOf(`data/${name}`), name);
      assert.equal((await store.get(`data/${name}`)).toString(), name);
      assert.equal((await store.stat(`data/${name}`)).size, name.length);
    }
  });
  check('moves an object between classes, its content as it was', async (classes, store) => {
    await store.put('key', Buffer.from('content'));
    for (const name of [...warm, usual, usual]) {
      await classes.moveTo(name, 'key');
      assert.equal(await classes.classOf('key'), name);
      assert.equal((await store.get('key')).toString(), 'content');
    }
    assert.equal((await collect(store.list(''))).length, 1);
  });
  check('replaces by putting into a class, and by putting into the usual one', async (classes, store) => {
    const [other = usual] = warm;
    await store.put('key', Buffer.from('first'));
    await classes.putInto(other, 'key', Buffer.from('second'));
    assert.equal((await store.get('key')).toString(), 'second');
    assert.equal(await classes.classOf('key'), other);
    await store.put('key', Buffer.from('third'));
    assert.equal(await classes.classOf('key'), usual);
  });
  check('creates into a class where it can create', async (classes, store) => {
    const [other = usual] = warm;
    const { createInto } = classes;
    assert.equal(createInto !== undefined, store.abilities.createOnly !== undefined);
    if (createInto === undefined) return;
    assert.equal(await createInto(other, 'key', Buffer.from('first')), 'created');
    assert.equal(await createInto(usual, 'key', Buffer.from('second')), 'exists');
    assert.equal(await classes.classOf('key'), other);
    assert.equal((await store.get('key')).toString(), 'first');
  });
  check('names the absent object', async (classes) => {
    await assert.rejects(classes.classOf('no/such'), { code: 'OBJECT_MISSING' });
    await assert.rejects(classes.moveTo(usual, 'no/such'), { code: 'OBJECT_MISSING' });
  });
}

type ThawFacts = NonNullable<AbilityExpectations['thaw']> & { readonly canAdvance: boolean };

function checkThaw(check: Check<ArchiveThaw>, facts: ThawFacts): void {
  const { coldClass, speed } = facts;
  check('tells of a warm object that it is ready, and thaws it by doing nothing', async (thaw, store) => {
    await store.put('key', Buffer.from('x'));
    assert.deepEqual(await thaw.stateOf('key'), { kind: 'ready' });
    await thaw.thaw('key', speed, 1);
    assert.deepEqual(await thaw.stateOf('key'), { kind: 'ready' });
  });
  check('reads nothing that is cold, but lists it and tells its size', async (thaw, store) => {
    await putCold(store, coldClass);
    assert.deepEqual(await thaw.stateOf('cold'), { kind: 'cold' });
    const cold = { code: 'OBJECT_COLD', message: /cold/, retryable: false };
    await assert.rejects(store.get('cold'), cold);
    await assert.rejects(store.get('cold', { offset: 0, length: 1 }), cold);
    assert.equal((await store.stat('cold')).size, 7);
    assert.deepEqual(await listed(store), [{ key: 'cold', size: 7 }]);
  });
  check('needs thawing after a move into a cold class', async (thaw, store) => {
    await store.put('moved', Buffer.from('content'));
    await store.abilities.storageClasses?.moveTo(coldClass, 'moved');
    assert.deepEqual(await thaw.stateOf('moved'), { kind: 'cold' });
    await assert.rejects(store.get('moved'), { code: 'OBJECT_COLD' });
  });
  check('deletes what is cold', async (_thaw, store) => {
    await putCold(store, coldClass);
    await store.delete('cold');
    await assert.rejects(store.stat('cold'), { code: 'OBJECT_MISSING' });
  });
  check('says how long the speed usually takes', async (thaw) => {
    assert.ok((thaw.usualMs(coldClass, speed) ?? 0) > 0);
    assert.equal(thaw.usualMs('no-such-class', speed), undefined);
  });
  check('names the absent object', async (thaw) => {
    await assert.rejects(thaw.stateOf('no/such'), { code: 'OBJECT_MISSING' });
    await assert.rejects(thaw.thaw('no/such', speed, 1), { code: 'OBJECT_MISSING' });
  });
  if (facts.canAdvance) checkThawing(check, facts);
}

function checkThawing(check: Check<ArchiveThaw>, { coldClass, speed, isColdAgain }: ThawFacts): void {
  check('thaws in its time, however often it is asked for', async (thaw, store, { advanceMs }) => {
    const usualMs = thaw.usualMs(coldClass, speed) ?? 0;
    await putCold(store, coldClass);
    await thaw.thaw('cold', speed, 2);
    assert.deepEqual(await thaw.stateOf('cold'), { kind: 'thawing' });
    await assert.rejects(store.get('cold'), { code: 'OBJECT_COLD' });
    await advanceMs?.(usualMs / 2);
    await thaw.thaw('cold', speed, 2);
    assert.deepEqual(await thaw.stateOf('cold'), { kind: 'thawing' });
    await advanceMs?.(usualMs / 2 + 1000);
    assert.equal((await thaw.stateOf('cold')).kind, 'ready');
    assert.equal((await store.get('cold')).toString(), 'content');
    await thaw.thaw('cold', speed, 2);
    assert.equal((await store.get('cold')).toString(), 'content');
  });
  check('is ready until a date, and cold again after it', async (thaw, store, { advanceMs, nowMs }) => {
    await putCold(store, coldClass);
    await thaw.thaw('cold', speed, 2);
    await advanceMs?.((thaw.usualMs(coldClass, speed) ?? 0) + 1000);
    const state = await thaw.stateOf('cold');
    assert.ok(state.kind === 'ready');
    if (!isColdAgain) {
      assert.equal(state.untilMs, undefined);
      return;
    }
    const untilMs = state.untilMs ?? 0;
    assert.ok(untilMs > nowMs() + dayMs && untilMs <= nowMs() + 3 * dayMs, 'about two days');
    await advanceMs?.(untilMs - nowMs() + 1000);
    assert.deepEqual(await thaw.stateOf('cold'), { kind: 'cold' });
    await assert.rejects(store.get('cold'), { code: 'OBJECT_COLD' });
  });
}

async function putCold({ abilities: { storageClasses } }: ObjectStore, coldClass: string): Promise<void> {
  assert.ok(storageClasses, 'what is thawed lies in a class');
  await storageClasses.putInto(coldClass, 'cold', Buffer.from('content'));
}

function checkVersions(check: Check<ObjectVersions>): void {
  check('keeps earlier contents, newest first', async (versions, store) => {
    for (const content of ['one', 'second', 'third one']) await store.put('key', Buffer.from(content));
    const all = await Array.fromAsync(versions.listVersions('key'));
    assert.deepEqual(
      all.map(({ key, size, isCurrent, isDeletion }) => ({ key, size, isCurrent, isDeletion })),
      [9, 6, 3].map((size, age) => ({ key: 'key', size, isCurrent: age === 0, isDeletion: false })),
    );
    assert.equal(new Set(all.map(({ versionId }) => versionId)).size, 3);
    assert.deepEqual(await contentsOf(versions, all), ['third one', 'second', 'one']);
    assert.deepEqual(await listed(store), [{ key: 'key', size: 9 }]);
  });
  check('keeps what was deleted, and shows it to nobody who does not ask', async (versions, store) => {
    await store.put('key', Buffer.from('content'));
    await store.delete('key');
    await assert.rejects(store.get('key'), { code: 'OBJECT_MISSING' });
    await assert.rejects(store.stat('key'), { code: 'OBJECT_MISSING' });
    assert.deepEqual(await collect(store.list('')), []);
    const all = await Array.fromAsync(versions.listVersions(''));
    const contents = all.filter(({ isDeletion }) => !isDeletion);
    assert.deepEqual(
      contents.map(({ isCurrent }) => isCurrent),
      [false],
    );
    assert.deepEqual(await contentsOf(versions, contents), ['content']);
  });
  check('deletes a version for good, and only that', async (versions, store) => {
    for (const content of ['old', 'new']) await store.put('key', Buffer.from(content));
    const [, old] = await Array.fromAsync(versions.listVersions('key'));
    assert.ok(old);
    await versions.deleteVersion('key', old.versionId);
    await versions.deleteVersion('key', old.versionId);
    await assert.rejects(versions.getVersion('key', old.versionId), { code: 'OBJECT_MISSING' });
    assert.equal((await Array.fromAsync(versions.listVersions('key'))).length, 1);
    assert.equal((await store.get('key')).toString(), 'new');
  });
  check('lists versions by prefix', async (versions, store) => {
    for (const key of ['data/a', 'data/b', 'keys/k']) await store.put(key, Buffer.from(key));
    const keys = async (prefix: string) =>
      (await Array.fromAsync(versions.listVersions(prefix))).map(({ key }) => key).sort();
    assert.deepEqual(await keys('data/'), ['data/a', 'data/b']);
    assert.deepEqual(await keys('data/b'), ['data/b']);
    assert.deepEqual(await keys(''), ['data/a', 'data/b', 'keys/k']);
    assert.deepEqual(await keys('none/'), []);
  });
  check('raises OBJECT_MISSING for a version of an absent key', async (versions, store) => {
    await store.put('key', Buffer.from('x'));
    const [version] = await Array.fromAsync(versions.listVersions('key'));
    await assert.rejects(versions.getVersion('no/such', version?.versionId ?? ''), {
      code: 'OBJECT_MISSING',
    });
  });
}

async function contentsOf(versions: ObjectVersions, list: readonly ObjectVersion[]): Promise<string[]> {
  const bytes = await Promise.all(list.map(({ key, versionId }) => versions.getVersion(key, versionId)));
  return bytes.map(String);
}
