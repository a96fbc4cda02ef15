/** `lifeboat log ticket`: lets the programs for archive_command and restore_command work without a running Lifeboat. */
import { locationText, parseLocation } from '../../config/location.ts';
import { LifeboatError } from '../../error/lifeboat-error.ts';
import type { ResolvedVault } from '../../plan/resolved-plan.ts';
import { absolutePath } from '../../platform/absolute-path.ts';
import { wrappingOf } from '../../seal/key-file.ts';
import { requestOf } from '../choose-vault.ts';
import type { AppContext } from '../cli-context.ts';
import type { Command } from '../command.ts';
import { planOptions, profileOf } from '../load-plan.ts';
import { loggedSystems } from '../log/logged-systems.ts';
import { receiverStatus } from '../log/vault-logs.ts';
import { type TicketVault, ticketText } from '../log/wal-ticket.ts';
import { openPlan, type PlanSession } from '../plan/plan-session.ts';
import { recordKey } from '../record-vault-event.ts';
import { newRecoveryKey } from '../recovery-key.ts';
import { makeSecretFile, requireAbsent } from '../secret-file.ts';
import { shortId } from '../snapshot-text.ts';

export const logTicket: Command<AppContext> = {
  description:
    'Makes a ticket for one system: a file that lets lifeboat-archive-wal and lifeboat-restore-wal reach its vaults when no `lifeboat up` answers. ' +
    'It adds a key of its own to each vault and holds what opens it, so it is as secret as a password: it opens all of these vaults. ' +
    'The file is readable by its owner only; give it to the user of the server. `lifeboat key remove` takes its keys away. Only for vaults in folders.',
  arguments: [{ name: 'SYSTEM', description: 'the system' }],
  options: [...planOptions, { flag: '--to', value: 'FILE', description: 'the new file' }],
  examples: [
    {
      line: 'lifeboat log ticket orders-db --to /etc/lifeboat/orders-db.ticket',
      says: 'then: chown postgres /etc/lifeboat/orders-db.ticket',
    },
  ],
  run: async (context, input) => {
    const to = input.value('--to');
    if (to === undefined) throw new LifeboatError('USAGE', 'no file is named', { hint: 'Add --to FILE.' });
    const file = absolutePath(to, context.folder);
    const session = await openPlan(input.value('--plan'), context.folder, profileOf(input));
    const [each] = loggedSystems(session.plan, [input.required('SYSTEM')]);
    const names = each?.log.vaults ?? [];
    const meant = session.plan.vaults.filter(({ name }) => names.includes(name));
    for (const vault of meant) requireFolder(session, vault);
    await requireAbsent(file);
    const vaults: TicketVault[] = [];
    for (const vault of meant) vaults.push(await ticketFor(context, session, vault));
    const system = input.required('SYSTEM');
    const copies = each?.log.logs.copies ?? vaults.length;
    const cluster = each?.log.source.cluster ?? receiverStatus(session, system)?.incarnation;
    const known = cluster === undefined ? {} : { cluster };
    await makeSecretFile(file, ticketText({ system, copies, vaults, ...known }));
    for (const { name, keyId } of vaults)
      await context.output.result(
        { type: 'key', vault: name, id: keyId },
        `added key ${shortId(keyId)} to ${name}`,
      );
    await context.output.text(`the ticket is in ${file}: give it to the user of the server`);
    return { summary: { system, file, keys: vaults.map(({ keyId }) => keyId) } };
  },
};

function folderOf(session: PlanSession, { location }: ResolvedVault): string | undefined {
  const place = parseLocation(location, session.folder);
  return place.kind === 'folder' ? locationText(place) : undefined;
}

function requireFolder(session: PlanSession, vault: ResolvedVault): void {
  if (vault.store !== 'other' && folderOf(session, vault) !== undefined) return;
  throw new LifeboatError('USAGE', `the vault ${vault.name} lies in no folder, and has no tickets`, {
    hint: 'Keep `lifeboat up` running, which the programs ask over its socket.',
  });
}

async function ticketFor(
  context: AppContext,
  session: PlanSession,
  vault: ResolvedVault,
): Promise<TicketVault> {
  const { output, signal } = context;
  const request = requestOf(vault, session.folder, session.plan.metadata.id);
  await using opened = await context.openVault({ ...request, signal });
  const password = newRecoveryKey();
  output.hide(password);
  const { id } = await opened.repository.addKey(password, signal);
  await recordKey(context, opened, { action: 'add', keyId: id, purpose: 'password' });
  await using store = await context.openStore(request);
  const keyName = `keys/${id}`;
  const wrapping = await wrappingOf(await store.get(keyName, undefined, signal), password, keyName);
  output.hide(wrapping.toString('base64'));
  return {
    ...{ name: vault.name, folder: folderOf(session, vault) ?? vault.location, keyId: id },
    wrapping: wrapping.toString('base64'),
  };
}
