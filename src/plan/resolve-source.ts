import { unreachable } from '../error/assert.ts';
import type { SystemPlan } from './plan-schema.ts';
import type {
  CapturedMethod,
  CapturedSource,
  PostgresSource,
  RemoteSource,
  ResolvedCanary,
  ResolvedSource,
} from './resolved-plan.ts';

type SourcePlan = NonNullable<SystemPlan['source']>;

export function resolveSource(source: SourcePlan): ResolvedSource {
  if (isAsWritten(source)) return source;
  switch (source.kind) {
    case 'files':
      return {
        kind: 'files',
        paths: source.paths,
        exclude: source.exclude,
        oneFileSystem: source.one_file_system,
        excludeCaches: source.exclude_caches,
        ...(source.max_file_size === undefined ? {} : { maxFileSizeBytes: source.max_file_size }),
        ignoreFiles: source.ignore_files,
      };
    case 'sqlite':
      return {
        kind: 'sqlite',
        path: source.path,
        maxWriterPauseMs: source.max_writer_pause,
        counts: source.counts ?? 'all',
      };
    case 'env':
      return { kind: 'env', variables: source.variables, files: source.files };
    case 'command':
      return {
        kind: 'command',
        run: source.run,
        file: source.file,
        timeoutMs: source.timeout,
      };
    default:
      return unreachable(source);
  }
}

/** Whether this version captures from it. */
export function isCapturedSource(source: ResolvedSource): source is CapturedSource {
  return localKinds.has(source.kind) || isCapturedPostgres(source);
}

const capturedMethods: ReadonlySet<string> = new Set(['physical', 'logical'] satisfies CapturedMethod[]);

function isCapturedPostgres(source: ResolvedSource): boolean {
  return source.kind === 'postgres' && capturedMethods.has(source.method);
}

const localKinds: ReadonlySet<string> = new Set(['files', 'sqlite', 'env', 'command']);

function isAsWritten(source: SourcePlan): source is RemoteSource | PostgresSource {
  return !localKinds.has(source.kind);
}

/** A file canary without a path lies in the first folder of the source. */
export function resolveCanary(
  canary: NonNullable<SystemPlan['canary']>,
  source: ResolvedSource,
): ResolvedCanary {
  if (canary.kind === 'table') return { kind: 'table', table: canary.table };
  const folder = source.kind === 'files' ? (source.paths[0] ?? '.') : '.';
  return { kind: 'file', path: canary.path ?? `${folder.replace(/\/+$/, '')}/.lifeboat-canary.json` };
}

/** The paths on this machine that a source reads, as written in the plan. */
export function sourcePaths(source: ResolvedSource): readonly string[] {
  if (!isCapturedSource(source)) return source.kind === 'terraform' ? [source.directory] : [];
  switch (source.kind) {
    case 'files':
      return source.paths;
    case 'sqlite':
      return [source.path];
    case 'env':
      return source.files;
    case 'command':
    case 'postgres':
      return [];
    default:
      return unreachable(source);
  }
}
