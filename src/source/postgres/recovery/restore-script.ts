/**
 * The `restore_command` of a recovery: a small POSIX shell script that takes files of the log out of a spool, which
 * the restoring process fills ahead of it. It asks by making a file in `wanted`; the answer is a file in `ready`, or
 * one in `absent`. To the server 0 is "it is there", 1 is "it certainly does not exist", and anything above 125 is
 * "nobody knows": the server then stops, and does not open with data missing.
 */
export const spoolFolders = ['wanted', 'ready', 'absent'] as const;
/** The restoring process counts in it, so that its death is noticed. */
export const aliveFile = 'alive';
/** Made when the restoring process cannot go on. */
export const stoppedFile = 'stopped';
export const scriptFile = 'restore-wal';

const looksPerSecond = 50;
/** Exit code of the script when nobody knows. */
export const unknownExit = 200;

/** `silenceS`: how long the restoring process may be silent before it counts as dead. */
export function restoreScript(spool: string, silenceS: number): string {
  return `#!/bin/sh
# Takes a file of PostgreSQL's log out of the spool of a recovery. Arguments: its name, and where it shall be.
# Exit 0: it is there. 1: it certainly does not exist. ${unknownExit}: nobody knows, and the server must stop.
spool=${quoted(spool)}
name=$1
to=$2
case $name in
  '' | *[!0-9A-Za-z.]*) exit ${unknownExit} ;;
esac
quiet=0
before=
while :; do
  if [ -e "$spool/ready/$name" ]; then
    rm -f "$spool/wanted/$name"
    mv -f "$spool/ready/$name" "$to" 2> /dev/null && exit 0
    # It may have been taken back, and comes again; that it cannot be moved is another matter.
    [ -e "$spool/ready/$name" ] && exit ${unknownExit}
  fi
  if [ -e "$spool/absent/$name" ]; then
    rm -f "$spool/wanted/$name" "$spool/absent/$name" || exit ${unknownExit}
    exit 1
  fi
  [ -e "$spool/${stoppedFile}" ] && exit ${unknownExit}
  [ -e "$spool/wanted/$name" ] || : > "$spool/wanted/$name" || exit ${unknownExit}
  read -r now < "$spool/${aliveFile}" || now=
  if [ "$now" = "$before" ]; then
    quiet=$((quiet + 1))
    [ "$quiet" -gt ${silenceS * looksPerSecond} ] && exit ${unknownExit}
  else
    quiet=0
    before=$now
  fi
  sleep ${1 / looksPerSecond} 2> /dev/null || sleep 1
done
`;
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
