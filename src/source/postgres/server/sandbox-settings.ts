/** The settings under which a restored copy is alone in the world: nothing leaves it, and nothing gets in. */
import type { WalParameters } from '../wal/wal-record.ts';

export type Settings = Readonly<Record<string, string>>;

export interface SandboxPlace {
  readonly major: number;
  /** The folder of the unix socket, the only door. */
  readonly socket: string;
  readonly port: number;
  readonly hbaFile: string;
  readonly identFile: string;
  /** What the log was written under: a standby must allow as much. */
  readonly parameters: WalParameters;
  /** Whether what is written must survive a loss of power. A copy that is thrown away need not. */
  readonly isDurable: boolean;
}

export function sandboxSettings(place: SandboxPlace): Settings {
  return {
    ...isolation(place.major),
    ...modesty(place.isDurable),
    listen_addresses: '',
    port: String(place.port),
    unix_socket_directories: place.socket,
    unix_socket_permissions: '0700',
    hba_file: place.hbaFile,
    ident_file: place.identFile,
    ...Object.fromEntries(Object.entries(place.parameters).map(([name, value]) => [name, String(value)])),
  };
}

/** No archiving, no standbys, no replication, no scheduled jobs, no libraries that could do any of it. */
export function isolation(major: number): Settings {
  return {
    archive_mode: 'off',
    archive_command: '',
    ...(major >= 15 ? { archive_library: '' } : {}),
    synchronous_standby_names: '',
    primary_conninfo: '',
    primary_slot_name: '',
    max_logical_replication_workers: '0',
    ...(major >= 17 ? { sync_replication_slots: 'off', summarize_wal: 'off' } : {}),
    shared_preload_libraries: '',
    session_preload_libraries: '',
    local_preload_libraries: '',
    ssl: 'off',
    listen_addresses: '',
  };
}

/** What the machine of the original could afford, this one perhaps cannot. */
function modesty(isDurable: boolean): Settings {
  return {
    wal_level: 'replica',
    hot_standby: 'on',
    shared_buffers: '128MB',
    huge_pages: 'off',
    jit: 'off',
    autovacuum: 'off',
    fsync: isDurable ? 'on' : 'off',
    full_page_writes: isDurable ? 'on' : 'off',
    restart_after_crash: 'off',
    wal_retrieve_retry_interval: '100ms',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '',
    log_min_messages: 'warning',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    lc_messages: 'C',
    log_timezone: 'UTC',
    timezone: 'UTC',
    event_source: 'PostgreSQL',
    external_pid_file: '',
  };
}

/** As lines of a configuration file; text in quotes, with quotes doubled and backslashes kept. */
export function settingLines(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'\n`)
    .join('');
}
