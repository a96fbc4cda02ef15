import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processorMs } from '../../../test/support/processor-ms.ts';
import { seededRandom } from '../../../test/support/seeded-random.ts';
import { readCommand } from './program-call.ts';
import { readShell } from './read-shell.ts';

/** Each simple command as `joint program arguments`. */
function commandsOf(text: string): readonly string[] {
  return readShell(text).commands.map(({ joint, words }) =>
    [joint, ...words.map((word) => word.text)].join(' '),
  );
}

function callsOf(run: string | readonly string[]): readonly string[] {
  return readCommand(run).calls.map(({ program, args }) =>
    [program, ...args.map(({ text }) => text)].join(' '),
  );
}

test('words, pipes and lists are told apart', () => {
  assert.deepEqual(commandsOf('a "b c" | d && e || f; g & h\ni'), [
    'start a b c',
    '| d',
    '&& e',
    '|| f',
    '; g',
    '; h',
    '; i',
  ]);
});

test('quotes hide operators, and backslashes join lines', () => {
  assert.deepEqual(commandsOf(`echo 'a | b' "c; d" e\\|f \\\n  g`), ['start echo a | b c; d e|f g']);
});

test('comments and here-documents are no commands', () => {
  assert.deepEqual(commandsOf('# a | b\ncat <<-EOF | tee x # c\n\tmysql | gzip\n\tEOF\nd'), [
    'start cat',
    '| tee x',
    '; d',
  ]);
});

test('redirections and assignments are no words', () => {
  const [command] = readShell('A=1 B="$(date)" mysql -h h < in.sql 2>&1 >out').commands;
  assert.deepEqual(
    command?.assignments.map(({ name, value }) => [name, value.text, value.expands]),
    [
      ['A', '1', false],
      ['B', '$(date)', true],
    ],
  );
  assert.deepEqual(
    command?.words.map(({ text }) => text),
    ['mysql', '-h', 'h'],
  );
  assert.deepEqual(
    command?.redirections.map(({ operator, target }) => `${operator}${target.text}`),
    ['<in.sql', '2>&1', '>out'],
  );
});

test('conditions are marked, and words of the language are no programs', () => {
  const { commands } = readShell(
    'if ! grep -q x f; then exit 1; fi\nfor f in a b; do rm $f; done\n[[ -f a && b ]] || c',
  );
  assert.deepEqual(
    commands.map(({ words, isCondition }) => [words[0]?.text, isCondition]),
    [
      ['grep', true],
      ['exit', false],
      ['rm', false],
      ['[[', false],
      ['c', false],
    ],
  );
});

test('set -e and pipefail hold from where they stand, in scripts and as options of a shell', () => {
  const modes = (text: string) =>
    readShell(text).commands.map(({ errexit, pipefail }) => [errexit, pipefail]);
  assert.deepEqual(modes('a\nset -euo pipefail\nb\nset +e\nc'), [
    [false, false],
    [false, false],
    [true, true],
    [true, true],
    [false, true],
  ]);
  const inner = readCommand(['bash', '-e', '-o', 'pipefail', '-c', 'a | b']).scripts[1];
  assert.deepEqual(
    inner?.commands.map(({ errexit, pipefail }) => [errexit, pipefail]),
    [
      [true, true],
      [true, true],
    ],
  );
});

test('what stands around a program is taken off', () => {
  assert.deepEqual(callsOf('sudo -u postgres env A=1 /usr/bin/pg_dump shop'), ['pg_dump shop']);
  assert.deepEqual(callsOf('timeout 5m nice -n 5 tar -x'), ['tar -x']);
  assert.deepEqual(callsOf('docker exec -i db mysqldump shop'), ['mysqldump shop']);
  assert.deepEqual(callsOf('kubectl exec -n a pod -- pg_dump shop'), ['pg_dump shop']);
  assert.deepEqual(callsOf(['pg_dump', 'a | b']), ['pg_dump a | b']);
});

test('scripts inside a script are read, with their lines', () => {
  const { calls } = readCommand('a\nssh host "b; c"\nX=$(d | e)');
  assert.deepEqual(
    calls.map(({ program, line, isRemote, isTopLevel }) => [program, line, isRemote, isTopLevel]),
    [
      ['a', 1, false, true],
      ['ssh', 2, false, true],
      ['b', 2, true, false],
      ['c', 2, true, false],
      ['d', 3, false, false],
      ['e', 3, false, false],
    ],
  );
});

test('what cannot be read says so', () => {
  assert.equal(readShell('echo "never closed').isWhole, false);
  assert.equal(readShell('case $x in a) b ;; esac').isWhole, false);
  assert.equal(readShell('SELECT COUNT(*) FROM users;\necho').isWhole, false);
  assert.equal(readShell('x'.repeat(70_000)).isWhole, false);
  assert.equal(readShell('echo fine').isWhole, true);
});

const pieces = [
  ...'abc$(){}[]<>|&;\\\'"`#!=\n\t -*?~%+/é\u{1F600}'.split(''),
  '$(',
  '${',
  '<<E\n',
  'if ',
  'case ',
  'for ',
  '[[ ',
  'set -e\n',
  "bash -c '",
  'ssh h "',
  'sudo ',
  'docker exec ',
];

test('any text is read without an error, fast, and places of words are places in it', () => {
  const random = seededRandom(20_261_121);
  for (let run = 0; run < 3_000; run += 1) {
    const length = random.below(run % 100 === 0 ? 2_000 : 60);
    const text = Array.from({ length }, () => pieces[random.below(pieces.length)] ?? '').join('');
    for (const { words, line } of readShell(text).commands) {
      assert.ok(line >= 1 && line <= text.split('\n').length, JSON.stringify(text));
      for (const { start, end } of words) assert.ok(start < end && end <= text.length, JSON.stringify(text));
    }
    readCommand(text);
  }
});

test('texts that are made to be slow are read fast', () => {
  const nasty = ['$(', '"$(', '`', '((', '${', '<<a\n', "'", 'bash -c "', 'a|', '[[ ', 'ssh h "$('];
  for (const piece of nasty) {
    const text = piece.repeat(Math.floor(60_000 / piece.length));
    assert.ok(processorMs(() => readCommand(text)) < 1_500, piece);
  }
});
