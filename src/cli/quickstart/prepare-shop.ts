/** Chapters one to three of the quickstart: the shop, its plan and vaults, the backup and its proof. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomHex } from '../../platform/random.ts';
import type { AppContext } from '../cli-context.ts';
import { backup } from '../commands/backup.ts';
import { keyTest } from '../commands/key-test.ts';
import { lint } from '../commands/lint.ts';
import { status } from '../commands/status.ts';
import { vaultInit } from '../commands/vault-init.ts';
import { verify } from '../commands/verify.ts';
import { bytesText, countText, durationText, plural } from '../quantity-text.ts';
import { type QuickstartFolder, typedPath, vaultNames } from './quickstart-folder.ts';
import { quickstartPlan } from './quickstart-plan.ts';
import { listField, numberField, recordsOf, textField } from './record-fields.ts';
import { runCommand } from './run-command.ts';
import { makeShopDatabase } from './shop-database.ts';
import { makeUploads, uploadSums } from './shop-uploads.ts';

const secretBytes = 24;

export async function makeShop({ output, nowMs }: AppContext, folder: QuickstartFolder): Promise<void> {
  mkdirSync(folder.shop);
  mkdirSync(folder.uploads);
  const counts = makeShopDatabase(folder.database, nowMs());
  makeUploads(folder.uploads);
  const secret = randomHex(secretBytes);
  output.hide(secret);
  writeFileSync(folder.dotenv, `SHOP_URL=https://shop.example.com\nPAYMENT_KEY=${secret}\n`, { mode: 0o600 });
  const files = uploadSums(folder.uploads).size;
  await output.result(
    { type: 'shop', folder: folder.path, ...counts, uploads: files },
    [
      `   orders-db  ${countText(counts.orders)} orders with ${countText(counts.lines)} lines, ${counts.customers} customers, in SQLite (WAL)`,
      `   uploads    ${plural(files, 'file')}: pictures, invoices, nested folders, odd names`,
      '   settings   .env with a secret',
    ].join('\n'),
  );
}

export async function makePlanAndVaults(context: AppContext, folder: QuickstartFolder): Promise<void> {
  mkdirSync(folder.keys, { mode: 0o700 });
  writeFileSync(folder.planFile, quickstartPlan(folder.planId));
  for (const role of vaultNames) {
    const key = join(folder.keys, role);
    const words = ['--role', role, '--key-file', key, '--recovery-key-file', `${key}.recovery-key`];
    await runCommand(context, 'vault init', vaultInit, [folder.vaults[role], ...words]);
    // as a person should with the paper: a recovery key that nobody tried is none
    const tried = ['--vault', folder.vaults[role], '--recovery-key-file', `${key}.recovery-key`];
    await runCommand(context, 'key test', keyTest, tried);
  }
  const { output } = context;
  const here = typedPath(folder.path, context.folder);
  await output.text(
    `   ${here}/lifeboat.yaml says what must survive, how much may be lost, how fast it must be back`,
  );
  await output.text(`   ${here}/vaults/primary and secondary are encrypted; their keys are in ${here}/keys`);
  await lintPlan(context, folder);
}

/** Warnings are shown as they are: they are true. */
async function lintPlan(context: AppContext, folder: QuickstartFolder): Promise<void> {
  const { output } = context;
  const { records, summary } = await runCommand(context, 'lint', lint, ['--plan', folder.planFile]);
  const findings = recordsOf(records, 'finding');
  await output.text(
    `   lint: ${plural(numberField(summary, 'errors'), 'error')}, ${plural(numberField(summary, 'warnings'), 'warning')}`,
  );
  for (const finding of findings) {
    const severity = textField(finding, 'severity');
    const words = `   ${output.style.yellow(severity)}: ${textField(finding, 'message')}`;
    if (severity === 'info') await output.result(finding);
    else await output.result(finding, words);
  }
  await output.text(
    '   That is true: these vaults help against what follows, not against a disk that breaks.',
  );
}

export async function backUpAndProve(context: AppContext, folder: QuickstartFolder): Promise<void> {
  const { output } = context;
  const plan = ['--plan', folder.planFile];
  const { records: told } = await runCommand(context, 'backup', backup, plan);
  const backups = [...recordsOf(told, 'backup'), ...recordsOf(told, 'copy')];
  const proofs = recordsOf((await runCommand(context, 'verify', verify, plan)).records, 'verify');
  for (const proof of proofs) {
    const system = textField(proof, 'system');
    const copies = backups.filter((record) => record['system'] === system);
    for (const copy of copies) await output.result(copy);
    await output.result(proof, proofText(context, copies, proof));
  }
  const { records, summary } = await runCommand(context, 'status', status, plan);
  for (const record of records) await output.result(record);
  await output.text(`   status: ${textField(summary, 'sentence')}`);
}

function proofText(
  { output }: AppContext,
  copies: readonly Readonly<Record<string, unknown>>[],
  proof: Readonly<Record<string, unknown>>,
): string {
  const [first] = copies;
  const bytes = first === undefined ? 0 : numberField(first, 'bytes');
  const into = plural(copies.filter(({ verdict }) => verdict === 'pass').length, 'vault');
  const passed = listField(proof, 'checks').filter((check) => check['verdict'] === 'pass').length;
  return [
    `   ${output.style.green('ok')}  ${textField(proof, 'system').padEnd(9)}  ${bytesText(bytes).padStart(9)} into ${into}, read back;`,
    `restored in ${durationText(numberField(proof, 'restore_ms'))}, ${plural(passed, 'check')} passed`,
  ].join(' ');
}
