import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backupRecord, checkRecord, verifyRecord } from '../../../test/support/record-samples.ts';
import type { BackupOutcome } from '../../backup/backup-system.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { RecordVerdict } from '../../evidence/record-common.ts';
import { backupError, proofError, silentChangeError } from './pass-errors.ts';

const record = backupRecord('a', { startMs: 1 });
const outcome: BackupOutcome = { record, findings: [], problems: [], silentChanges: [] };
const full = new LifeboatError('DISK_FULL', 'the disk is full');

describe('backupError', () => {
  it('finds nothing wrong only with a point that was read back', () => {
    const about = { system: 'db', vault: 'here' };
    assert.equal(
      backupError({ ...about, outcome: { ...outcome, check: checkRecord(['a']) } }, undefined),
      undefined,
    );
    assert.equal(backupError({ ...about, outcome }, undefined)?.code, 'BACKUP_INCOMPLETE');
    const damaged = { ...outcome, check: checkRecord([], ['a']) };
    assert.equal(backupError({ ...about, outcome: damaged }, undefined)?.code, 'BACKUP_INCOMPLETE');
    assert.equal(backupError({ ...about, error: full }, undefined), full);
    assert.equal(backupError(about, undefined)?.code, 'BACKUP_INCOMPLETE');
  });

  it('is the crash where the work ended before', () => {
    assert.equal(backupError(undefined, full), full);
    assert.equal(backupError(undefined, new TypeError('x is not a function'))?.code, 'INTERNAL');
    assert.equal(backupError(undefined, undefined)?.code, 'INTERNAL');
  });
});

describe('proofError', () => {
  const proof = (verdict: RecordVerdict) => ({
    system: 'db',
    outcome: { record: verifyRecord('a', 10, { verdict }) },
  });

  it('finds nothing wrong only with a verdict of pass', () => {
    assert.equal(proofError('db', proof('pass'), undefined), undefined);
    assert.equal(proofError('db', proof('fail'), undefined)?.code, 'VERIFICATION_FAILED');
    assert.equal(proofError('db', proof('inconclusive'), undefined)?.code, 'VERIFICATION_INCONCLUSIVE');
    assert.equal(proofError('db', proof('incomplete'), undefined)?.code, 'VERIFICATION_INCONCLUSIVE');
  });

  it('is open where nothing could be restored', () => {
    const error = proofError('db', { system: 'db', error: full }, undefined);
    assert.equal(error?.code, 'VERIFICATION_INCONCLUSIVE');
    assert.match(error?.message ?? '', /the disk is full/);
    assert.equal(proofError('db', undefined, full), full);
  });
});

describe('silentChangeError', () => {
  it('tells files that changed behind their size and time', () => {
    const backup = (silentChanges: readonly string[]) => ({
      system: 'db',
      vault: 'here',
      outcome: { ...outcome, silentChanges },
    });
    assert.equal(silentChangeError([backup([])]), undefined);
    const error = silentChangeError([backup([]), backup(['/srv/a', '/srv/b'])]);
    assert.equal(error?.code, 'SOURCE_CHANGED_SILENTLY');
    assert.match(error?.message ?? '', /2 files .*\/srv\/a/);
  });
});
