import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../error/codes.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import { type Finding, failureError, passExitCode } from './finding.ts';

const findings = (...codes: readonly ErrorCode[]): readonly Finding[] =>
  codes.map((code) => ({ subject: code, systems: [], error: new LifeboatError(code, 'x') }));

test('the worst finding is the end of the pass', () => {
  assert.equal(passExitCode([{ subject: 'fine', systems: [] }]), 0);
  assert.equal(passExitCode(findings('OBJECTIVE_NOT_MET')), 7);
  assert.equal(passExitCode(findings('OBJECTIVE_NOT_MET', 'VERIFICATION_INCONCLUSIVE')), 5);
  assert.equal(passExitCode(findings('OBJECTIVE_NOT_MET', 'BACKUP_INCOMPLETE')), 3);
  assert.equal(passExitCode(findings('OBJECTIVE_NOT_MET', 'VAULT_NOT_FOUND')), 1);
  assert.equal(passExitCode(findings('VERIFICATION_INCONCLUSIVE')), 5);
  assert.equal(passExitCode(findings('VERIFICATION_INCONCLUSIVE', 'BACKUP_INCOMPLETE')), 3);
  assert.equal(passExitCode(findings('BACKUP_INCOMPLETE', 'VAULT_NOT_FOUND')), 1);
  assert.equal(passExitCode(findings('VAULT_NOT_FOUND', 'VERIFICATION_FAILED', 'BACKUP_INCOMPLETE')), 4);
});

test('an error of a record keeps its code, and one of a later version becomes a plain error', () => {
  assert.equal(failureError({ code: 'BACKUP_INCOMPLETE', message: 'x' }).exitCode, 3);
  assert.equal(failureError({ code: 'NEW_IN_VERSION_9', message: 'x' }).exitCode, 1);
  assert.equal(failureError({ code: 'toString', message: 'x' }).exitCode, 1);
});
