/**
 * `npm run bench`: Lifeboat against stock restic on the same tree, as people run them: whole processes, paired.
 *
 * --tree DIR[,DIR…]  what to back up; else folders of this machine until there are 4 GB in 150,000 files
 * --rows NAME[,…]    first, unchanged, restore, check, prune, copy, copied, s3-first, s3-unchanged, s3-restore,
 *                    s3-check, startup, plan; a row runs what it needs before it
 * --pairs N          how often each row is run with each program (default 3); medians are shown
 * --restic FILE      another restic; else the first four rows take the one in PATH, the others one of 0.18
 * --work DIR         where repositories and restored files go (default: the folder for temporary files)
 * --json             the figures as one JSON object at the end
 * --quick            a small made tree, one pair: shows that the benchmark itself works
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureNewerRestic } from '../scripts/test/newer-restic.ts';
import { chooseTree, describeTree, type Tree } from './choose-tree.ts';
import { lifeboat, restic } from './contestants.ts';
import { makeTree } from './make-tree.ts';
import { measurePlanCommands, showPlanCommands } from './plan-commands.ts';
import { isRowName, type RowName, rowNames, tracks } from './rows.ts';
import { type PairsRequest, runPairs } from './run-pairs.ts';
import { measureStartup, showStartup } from './startup.ts';
import { checkSane, showTable, summarize } from './summarize.ts';

const limits = { bytes: 4e9, files: 150_000 };
const pairsDefault = 3;
const quickFiles = 400;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      tree: { type: 'string' },
      rows: { type: 'string' },
      pairs: { type: 'string' },
      restic: { type: 'string' },
      work: { type: 'string' },
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
    },
  });
  const known: readonly string[] = [...rowNames, 'startup', 'plan'];
  const rows = values.rows?.split(',') ?? known;
  const unknown = rows.filter((row) => !known.includes(row));
  const pairs = Number(values.pairs ?? (values.quick ? 1 : pairsDefault));
  if (unknown.length > 0 || !Number.isInteger(pairs) || pairs < 1) {
    console.error(`usage: npm run bench -- [--rows ${known.join(',')}] [--pairs N] [--tree DIR] [--quick]`);
    return 2;
  }
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(values.work ?? os.tmpdir()), 'lifeboat-bench-'));
  try {
    const tree = treeFor(folder, values.tree, values.quick === true);
    console.log(machine());
    console.log(describeTree(tree));
    const measured = await runPairs({
      folder,
      tree,
      pairs,
      rows: rows.filter(isRowName),
      lifeboat: lifeboat(),
      peers: peersFor(rows.filter(isRowName), values.restic),
      say: (line) => console.error(line),
    });
    const summary = summarize(measured);
    if (measured.length > 0) console.log(showTable(summary));
    const alone = measureAlone(folder, pairs, rows);
    if (values.json) console.log(JSON.stringify({ type: 'summary', tree, summary, ...alone }));
    const problems = checkSane(summary, measured);
    for (const problem of problems) console.error(`not sane: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function peersFor(rows: readonly RowName[], wanted: string | undefined): PairsRequest['peers'] {
  if (wanted !== undefined) return { local: restic(wanted), others: restic(wanted) };
  const local = restic('restic');
  const onlyLocal: readonly RowName[] = tracks.local;
  if (rows.every((row) => onlyLocal.includes(row))) return { local, others: local };
  const newer = ensureNewerRestic(path.join(import.meta.dirname, '..'));
  if (newer.kind === 'found') return { local, others: restic(newer.path) };
  console.error(`no newer restic (${newer.reason}): all rows are compared with the one in PATH`);
  return { local, others: local };
}

/** What restic has no like of: limits are held against, not another program. */
function measureAlone(folder: string, pairs: number, rows: readonly string[]) {
  const startup = rows.includes('startup') ? measureStartup(folder, pairs) : [];
  const plan = rows.includes('plan') ? measurePlanCommands(folder, pairs) : [];
  for (const line of [...showStartup(startup), ...showPlanCommands(plan)]) console.log(line);
  return { startup, plan };
}

function treeFor(folder: string, wanted: string | undefined, quick: boolean): Tree {
  if (wanted !== undefined)
    return chooseTree(
      wanted.split(',').map((dir) => path.resolve(dir)),
      undefined,
    );
  if (quick) return makeTree(path.join(folder, 'tree'), { files: quickFiles, bytes: 8e6 });
  const found = chooseTree(undefined, limits);
  if (found.bytes >= limits.bytes && found.files >= limits.files) return found;
  const rest = {
    files: Math.max(limits.files - found.files, 1),
    bytes: Math.max(limits.bytes - found.bytes, 1e6),
  };
  const made = makeTree(path.join(folder, 'tree'), rest);
  return {
    paths: [...found.paths, ...made.paths],
    files: found.files + made.files,
    bytes: found.bytes + made.bytes,
  };
}

function machine(): string {
  const cpus = os.cpus();
  const memoryGb = Math.round(os.totalmem() / 2 ** 30);
  return `${cpus.length} × ${cpus[0]?.model.trim() ?? 'unknown processor'}, ${memoryGb} GB, ${os.type()} ${os.release()}, Node ${process.versions.node}`;
}
