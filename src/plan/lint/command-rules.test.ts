/** Rules on commands: each finds its cause once, says nothing when the cause is gone, and leaves sensible plans alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lintHits, planHead, testCauses } from '../../../test/support/lint-hits.ts';
import { editPlan } from '../edit-plan.ts';
import { parsePlan } from '../parse-plan.ts';
import { resolvePlan } from '../resolve-plan.ts';
import { lintPlan } from './lint-plan.ts';
import { planCommands } from './plan-commands.ts';

const vaults = 'vaults: { here: { location: /a }, away: { location: s3://backups } }\n';

/** A system that is captured by a script. */
function capture(...lines: readonly string[]): string {
  const script = lines.map((line) => `        ${line}`).join('\n');
  return `${vaults}systems:\n  db:\n    source:\n      kind: command\n      file: shop.sql\n      run: |\n${script}\n`;
}

/** A runbook of one step with a command. */
function step(words: string, rest = ''): string {
  return `${vaults}${rest}runbooks:\n  book:\n    systems: [files]\n    steps:\n      - ${words}\n`;
}

const files = 'systems:\n  files: { source: { kind: files, paths: [/srv/files] } }\n';
const bucket = 'systems:\n  files: { source: { kind: s3, bucket: music } }\n';

testCauses([
  {
    name: 'the value of a variable becomes an argument',
    rule: 'command-password',
    plan: capture('mysqldump --single-transaction -p$DB_PASSWORD shop'),
    cause: ' -p$DB_PASSWORD',
    cure: '',
    says: /^mysqldump carries the value of \$DB_PASSWORD among its arguments$/,
    severity: 'error',
    path: 'systems.db.source.run',
  },
  {
    name: 'in any field that holds a command',
    rule: 'command-password',
    plan: `${vaults}systems: { cdn: { cdn: { provider: x, invalidate: "curl -u me:$TOKEN https://x" } } }\n`,
    cause: 'me:$TOKEN',
    cure: 'me',
    says: /^curl carries the value of \$TOKEN/,
    path: 'systems.cdn.cdn.invalidate',
  },
  {
    name: 'inside a script that another shell is given',
    rule: 'command-password',
    plan: step('{ do: command, run: [bash, -c, "cd /tmp && mysql --password=$PW shop"] }', files),
    cause: '--password=$PW ',
    cure: '',
    says: /^mysql carries the value of \$PW/,
  },
  {
    name: 'the status of a dump is lost in a pipe',
    rule: 'pipe-status',
    plan: capture('pg_dump shop | gzip'),
    cause: 'pg_dump shop | gzip',
    cure: 'pg_dump shop',
    says: /^when pg_dump before the "\|" fails, the capture counts as done$/,
  },
  {
    name: 'a pipe is told to bash without pipefail',
    rule: 'pipe-status',
    plan: step('{ do: restore, run: [bash, -c, "gunzip -c x.sql.gz | psql shop"] }', files),
    cause: 'bash, -c',
    cure: 'bash, -o, pipefail, -c',
    says: /^when gunzip before the "\|" fails, the command counts as done$/,
  },
  {
    name: 'a dump that fails is packed all the same',
    rule: 'script-unguarded',
    plan: capture('#!/bin/sh', 'pg_dump shop > x.sql', 'gzip x.sql', 'echo done'),
    cause: '#!/bin/sh\n',
    cure: '#!/bin/sh\n        set -eu\n',
    says: /^when pg_dump fails \(line 2 of the command\), gzip runs all the same, and echo decides how it ends$/,
    severity: 'error',
  },
  {
    name: 'the key of a cipher stands among the arguments',
    rule: 'command-password',
    plan: capture('openssl enc -aes-256-cbc -k "$KEY" -in x'),
    cause: '-k "$KEY"',
    cure: '-pass env:KEY',
    says: /^openssl carries the value of \$KEY among its arguments$/,
    severity: 'error',
  },
  {
    name: 'a failure is made a success',
    rule: 'script-unguarded',
    plan: capture('pg_dump shop || true'),
    cause: ' || true',
    cure: '',
    says: /^when pg_dump fails, what stands behind the "\|\|" makes a success of it$/,
    severity: 'error',
  },
  {
    name: 'commands behind semicolons',
    rule: 'script-unguarded',
    plan: step('{ do: command, run: "cd /srv/files; ./rebuild" }', files),
    cause: '; ./rebuild',
    cure: ' && ./rebuild',
    says: /^when cd fails, rebuild runs all the same$/,
    severity: 'warning',
  },
  {
    name: 'mysqldump without a transaction',
    rule: 'dump-not-consistent',
    plan: capture('mysqldump shop'),
    cause: 'mysqldump shop',
    cure: 'mysqldump --single-transaction shop',
    says: /^mysqldump without --single-transaction locks the tables/,
    severity: 'warning',
  },
  {
    name: 'mysqldump that does not lock either',
    rule: 'dump-not-consistent',
    plan: capture('mysqldump --skip-lock-tables shop'),
    cause: '--skip-lock-tables',
    cure: '--single-transaction --skip-lock-tables',
    says: /reads each table at another moment$/,
    severity: 'error',
  },
  {
    name: 'mongodump without the log',
    rule: 'dump-not-consistent',
    plan: capture('mongodump --archive'),
    cause: '--archive',
    cure: '--archive --oplog',
    says: /^mongodump without --oplog/,
  },
  {
    name: 'an upload of a plain dump where the vault promises encryption',
    rule: 'plain-artefact',
    plan: `${capture('F=shop.sql', 'pg_dump shop > $F', 'aws s3 cp $F s3://other/', 'cat $F')}`.replace(
      'location: /a',
      'location: /a, encryption: { algorithm: AES-256 }',
    ),
    cause: 'aws s3 cp $F',
    cure: 'gpg -e $F && aws s3 cp $F.gpg',
    says: /^aws puts shop\.sql to s3:\/\/other\/ \(line 3 of the command\) without encrypting it, although AES-256 of the vault here is promised$/,
    severity: 'error',
  },
  {
    name: 'an upload beside the vault where nothing is promised',
    rule: 'plain-artefact',
    plan: capture('pg_dump shop | aws s3 cp - s3://other/shop.sql'),
    cause: ' | aws s3 cp - s3://other/shop.sql',
    cure: '',
    says: /beside the vault/,
    severity: 'warning',
  },
  {
    name: 'a proof that is a list',
    rule: 'existence-is-no-proof',
    plan: `${vaults}systems: { db: { source: { kind: sqlite, path: x.db }, proof: { level: listed } } }\n`,
    cause: 'listed',
    cure: 'restored',
    says: /^a point of db counts as proven when it is in a list/,
    severity: 'error',
    path: 'systems.db.proof.level',
  },
  {
    name: 'a backup that is verified by a list',
    rule: 'existence-is-no-proof',
    plan: step('{ do: verify-backup, level: listed }', files),
    cause: 'listed',
    cure: 'read',
    says: /^the backup is verified by looking for it in a list/,
  },
  {
    name: 'a check that counts objects',
    rule: 'existence-is-no-proof',
    plan: step('{ do: check, run: aws s3 ls s3://music --recursive | wc -l }', bucket),
    cause: 'aws s3 ls s3://music --recursive | wc -l',
    cure: './scripts/check.sh',
    says: /^the check only lists what is there, and it ends well whatever the list holds: aws s3 ls$/,
  },
  {
    name: 'an upload that is looked at in a list only',
    rule: 'existence-is-no-proof',
    plan: capture('set -e', 'aws s3 cp shop.sql s3://b/', 'aws s3 ls s3://b/ | tail -5', 'cat shop.sql'),
    cause: 'aws s3 ls s3://b/ | tail -5',
    cure: 'aws s3 cp s3://b/shop.sql - | cmp - shop.sql',
    says: /^the only look at what was uploaded is a list: aws s3 ls \(line 3/,
  },
  {
    name: 'statements of SQL among shell commands',
    rule: 'command-cannot-work',
    plan: step('{ do: check, run: "SELECT COUNT(*) FROM users;" }', files),
    cause: '"SELECT COUNT(*) FROM users;"',
    cure: 'psql -c "SELECT COUNT(*) FROM users;"',
    says: /^SELECT is a statement of SQL/,
    severity: 'error',
  },
  {
    name: 'an option that the program does not have',
    rule: 'command-cannot-work',
    plan: step('{ do: check, run: aws s3 sync s3://music /tmp/x --dry-run }', files),
    cause: '--dry-run',
    cure: '--dryrun',
    says: /^aws s3 sync has no option --dry-run$/,
  },
  {
    name: 'a packed dump that is fed to a client',
    rule: 'command-cannot-work',
    plan: step('{ do: restore, run: mysql shop < shop.sql.gz }', files),
    cause: 'mysql shop < shop.sql.gz',
    cure: 'gunzip -c shop.sql.gz | mysql shop',
    says: /^mysql cannot read shop\.sql\.gz: it is packed or encrypted$/,
  },
  {
    name: 'a restore reads a file that no backup writes',
    rule: 'restore-input',
    plan: `${vaults}systems:
  files: { source: { kind: command, run: ./dump.sh, file: shop.sql.gz } }
runbooks:
  book: { systems: [files], steps: [{ do: restore, run: psql -f latest.sql }] }
`,
    cause: 'shop.sql.gz',
    cure: 'shop.sql',
    says: /^psql reads latest\.sql, but what is backed up is shop\.sql\.gz$/,
    severity: 'error',
  },
  {
    name: 'a capture that writes into a file and prints only words',
    rule: 'capture-prints-nothing',
    plan: capture('pg_dump shop > shop.sql', 'echo done'),
    cause: 'echo done',
    cure: 'cat shop.sql',
    says: /^pg_dump writes into a file and nothing prints that file, so the capture keeps only messages \(line 1/,
    severity: 'error',
  },
  {
    name: 'a pipe of a capture ends in a file',
    rule: 'capture-prints-nothing',
    plan: capture('docker exec db pg_dump shop | gzip -9 > /tmp/shop.gz'),
    cause: ' > /tmp/shop.gz',
    cure: '',
    says: /^pg_dump writes into a file and nothing prints that file/,
    severity: 'error',
  },
  {
    name: 'what a pipe leaves behind is plain',
    rule: 'plain-artefact',
    plan: capture('pg_dump shop | gzip -9 > /backups/shop.gz'),
    cause: ' > /backups/shop.gz',
    cure: '',
    says: /^pg_dump puts \/backups\/shop.gz into a file/,
  },
  {
    name: 'a sync that deletes in the live bucket',
    rule: 'restore-deletes',
    plan: step('{ do: restore, run: aws s3 sync s3://backups/music s3://music --delete }', bucket),
    cause: ' --delete',
    cure: '',
    says: /^aws with --delete removes from s3:\/\/music, where files lives, all that is not in the backup$/,
    severity: 'error',
  },
  {
    name: 'a program that deletes without being asked to',
    rule: 'restore-deletes',
    plan: step('{ do: restore, run: rclone sync vault:music /srv/files }', files),
    cause: 'rclone sync',
    cure: 'rclone copy',
    says: /^rclone with rclone sync removes from \/srv\/files/,
  },
  {
    name: 'an archive is unpacked over a live folder',
    rule: 'unpack-over-live',
    plan: step('{ do: restore, run: tar -xzf x.tar.gz -C /srv/files }', files),
    cause: '-C /srv/files',
    cure: '-C /srv/restored',
    says: /^tar writes straight into \/srv\/files, where files lives, before anybody has looked/,
    severity: 'error',
    path: 'runbooks.book.steps[0].run',
  },
]);

const commandRules = [
  'command-password',
  'pipe-status',
  'script-unguarded',
  'dump-not-consistent',
  'plain-artefact',
  'existence-is-no-proof',
  'command-cannot-work',
  'restore-input',
  'capture-prints-nothing',
  'restore-deletes',
  'unpack-over-live',
];

const quietCommands = [
  'pg_dump --format=custom shop',
  'set -euo pipefail; pg_dump shop | gzip -c',
  'mysqldump --defaults-extra-file=/etc/my.cnf --single-transaction shop',
  'mysql -p shop < x.sql',
  'test -s shop.sql || exit 1',
  'pg_dump shop || exit 1',
  'set -euo pipefail; pg_dump shop | gpg --encrypt -r ops > /tmp/x.gpg && cat /tmp/x.gpg',
  'cd /srv && ./dump.sh',
  'export PGHOST=db\numask 077\npg_dump shop',
  'if ! pg_dump shop > /tmp/x; then echo failed >&2; exit 1; fi; cat /tmp/x',
  'openssl enc -aes-256-cbc -pass env:KEY -in x',
  'curl --fail https://api.example.org/health',
  'update-motd',
  'aws s3 sync s3://a /tmp/a --dryrun',
  'cat <<EOF\nSELECT 1;\nEOF',
  'docker run --secret db-password image',
];

const quietSteps = [
  '{ do: check, run: "curl -s https://api.example.org/health | grep -q ok" }',
  '{ do: deploy, run: rsync -a --delete build/ web:/var/www }',
  '{ do: command, run: rsync -a --delete /srv/cache/ /mnt/cache }',
  '{ do: restore, run: aws s3 sync s3://backups/music /tmp/restore --delete }',
  '{ do: restore, run: tar -xzf x.tar.gz -C /srv/restored }',
  '{ do: restore, run: [bash, -e, -o, pipefail, -c, "zcat x.sql.gz | psql scratch"] }',
];

for (const words of quietSteps) {
  test(`nothing is said about the step ${words}`, () => {
    const parsed = parsePlan(planHead + step(words, files), 'p');
    assert.deepEqual(parsed.findings, []);
    const found = lintPlan(parsed, {}).filter(({ id }) => commandRules.includes(id));
    assert.deepEqual(
      found.map(({ message }) => message),
      [],
    );
  });
}

for (const command of quietCommands) {
  test(`nothing is said about ${JSON.stringify(command)}`, () => {
    const plan = capture(...command.split('\n'));
    const parsed = parsePlan(planHead + plan, 'p');
    assert.deepEqual(parsed.findings, []);
    const found = lintPlan(parsed, {}).filter(({ id }) => commandRules.includes(id));
    assert.deepEqual(
      found.map(({ message }) => message),
      [],
    );
  });
}

test('every field that holds a command is looked into, with what it is for', () => {
  const text = `${planHead}${vaults}systems:
  db:
    source: { kind: command, run: a, file: f }
    checks: [{ kind: command, run: b }]
    release: { recorded: c, deploy: d, migrate: e }
    replication: [{ to: west, kind: database, pause: [g, h] }]
sites: { west: { role: standby, provision: i } }
probes: { p: { kind: command, run: j } }
drills: { d: { kind: full, every: monthly, inject: k } }
runbooks: { r: { steps: [{ do: restore, run: l, undo: m }, { do: isolate, systems: [db], run: n }], rollback: [{ do: command, run: o }] } }
on_failure: { command: q }
`;
  const { draft, findings } = parsePlan(text, 'p');
  assert.deepEqual(findings, []);
  assert.ok(draft !== undefined && resolvePlan(draft.plan).systems.length === 1);
  const roles = Object.fromEntries(planCommands(draft.plan).map((command) => [command.text, command.role]));
  assert.deepEqual(roles, {
    a: 'capture',
    b: 'check',
    c: 'recorded',
    d: 'deploy',
    e: 'migrate',
    'g h': 'pause',
    i: 'provision',
    j: 'probe',
    k: 'inject',
    l: 'restore',
    m: 'undo',
    n: 'step',
    o: 'step',
    q: 'alarm',
  });
});

test('a secret of a command is in no finding and in no fix', () => {
  const plan = capture(
    'PASS=hunter2',
    'mysqldump -phunter2 shop > x.sql',
    'aws s3 cp x.sql s3://u:hunter2@b/',
    'azcopy copy x.sql "https://a.blob.core.windows.net/c?sig=hunter2"',
    'curl -u me:hunter2 https://x',
  );
  const parsed = parsePlan(planHead + plan, 'p');
  const found = lintPlan(parsed, {});
  assert.ok(found.some(({ id }) => id === 'command-password'));
  assert.ok(
    !JSON.stringify(found).includes('hunter2'),
    JSON.stringify(found.filter((each) => JSON.stringify(each).includes('hunter2'))),
  );
});

test('whatever stands in a command, no rule throws, and the same is said twice', () => {
  const shellText = fc.string({
    unit: fc.constantFrom(
      ...'ab $()|&;<>"\'`#\n'.split(''),
      ...[
        'mysql ',
        'mysqldump ',
        'aws s3 sync ',
        'tar -x',
        ' -C ',
        ' < ',
        ' > x.sql',
        '.gz',
        's3://b/',
        ' --delete',
        'SELECT ',
      ],
    ),
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(
      shellText.filter((text) => text.trim() !== ''),
      fc.constantFrom('restore', 'command', 'check'),
      (text, kind) => {
        const run = JSON.stringify(text);
        const plan = `${planHead}${vaults}systems: { files: { source: { kind: command, file: a.sql.gz, run: ${run} } } }
runbooks: { book: { steps: [{ do: ${kind}, run: ${run} }] } }\n`;
        const parsed = parsePlan(plan, 'p');
        assert.deepEqual(parsed.findings, []);
        assert.deepEqual(lintPlan(parsePlan(plan, 'p'), {}), lintPlan(parsed, {}));
      },
    ),
    { seed: 20_261_121, numRuns: 300 },
  );
});

const fixed: readonly (readonly [rule: string, plan: string, after: RegExp])[] = [
  [
    'script-unguarded',
    capture('#!/bin/sh', '# why', 'pg_dump shop > x.sql', 'cat x.sql'),
    /#!\/bin\/sh\n {8}set -e\n {8}# why\n/,
  ],
  [
    'dump-not-consistent',
    capture('# all', 'mysqldump shop'),
    /# all\n {8}mysqldump --single-transaction shop\n/,
  ],
  [
    'command-cannot-work',
    step('{ do: check, run: aws s3 sync s3://music /tmp/x --dry-run }', files),
    /\/tmp\/x --dryrun }/,
  ],
];

for (const [rule, plan, after] of fixed) {
  test(`the fix of ${rule} ends the finding and leaves the rest as it is`, () => {
    const [finding] = lintHits(plan, rule);
    const edited = editPlan(planHead + plan, finding?.edits ?? []);
    assert.ok('text' in edited, JSON.stringify(edited));
    assert.match(edited.text, after);
    assert.deepEqual(lintHits(edited.text.slice(planHead.length), rule), []);
  });
}
