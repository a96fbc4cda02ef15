import { testCauses } from '../../../test/support/lint-hits.ts';

const vaults = 'vaults: { store: { location: "s3://b/x" } }\n';
const synced = (schedule: string) =>
  `systems: { assets: { source: { kind: files, paths: [./x] }, backups: { copy: { kind: sync, schedule: ${schedule} } } } }\n`;
const back = 'runbooks: { back: { steps: [{ do: restore, systems: [assets] }] } }\n';

testCauses([
  {
    name: 'a runbook for any disaster restores what is synchronised all the time',
    rule: 'spread-not-paused',
    plan: vaults + synced('continuous') + back,
    cause: '[{ do: restore, systems: [assets] }]',
    cure: '[{ do: pause, what: [sync] }, { do: restore, systems: [assets] }, { do: resume, what: [sync] }]',
    says: /in back nothing pauses the continuous sync of assets before the restore of assets/,
    severity: 'warning',
    path: 'runbooks.back.steps[0]',
  },
  {
    name: 'what is copied once a day spreads nothing meanwhile',
    rule: 'spread-not-paused',
    plan: vaults + synced('continuous') + back,
    cause: 'continuous',
    cure: 'daily',
    says: /nothing pauses/,
  },
]);
