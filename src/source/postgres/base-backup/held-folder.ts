/**
 * A folder whose entries come apart in the archive, held until all of them are there: `global`, whose `pg_control` is
 * sent last, and what lies in the folders of `pg_wal`. In memory, and beyond a bound in a file.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import { LifeboatError, systemErrorName } from '../../../error/lifeboat-error.ts';
import type { CaptureEvent, Content } from '../../source.ts';
import { makeWorkFolder, type WorkFolder } from '../logical/work-folder.ts';
import type { BackupFile } from './backup-file.ts';

export interface HeldFiles extends AsyncDisposable {
  /** The event whose content can be read later, whatever comes from the archive meanwhile. Raises DISK_FULL. */
  hold(file: BackupFile): Promise<CaptureEvent>;
}

/** Of all that is held. */
const memoryBytesMax = 32 * 1024 * 1024;

export function holdFiles(workFolder: string): HeldFiles {
  let memoryBytes = 0;
  let files = 0;
  let folder: WorkFolder | undefined;
  return {
    async hold(file) {
      const { event } = file;
      if (event.kind !== 'entry' || event.content.kind === 'none' || event.content.kind === 'path')
        return event;
      if (!file.isLive && memoryBytes + file.heldBytes <= memoryBytesMax) {
        memoryBytes += file.heldBytes;
        return event;
      }
      try {
        folder ??= await makeWorkFolder(workFolder);
        files += 1;
        const place = path.join(folder.path, String(files));
        await fs.writeFile(place, event.content.open(), { mode: 0o600 });
        await file.passed;
        return { ...event, content: readingFrom(event.content, place) };
      } catch (error) {
        throw diskError(error, workFolder) ?? error;
      }
    },
    async [Symbol.asyncDispose]() {
      await folder?.[Symbol.asyncDispose]();
    },
  };
}

function readingFrom(content: Extract<Content, { kind: 'stream' | 'patch' }>, place: string): Content {
  async function* open(): AsyncGenerator<Uint8Array> {
    const file = await fs.open(place);
    yield* file.createReadStream();
  }
  return { ...content, open };
}

function diskError(error: unknown, folder: string): LifeboatError | undefined {
  const name = systemErrorName(error);
  if (name !== 'ENOSPC' && name !== 'EDQUOT') return undefined;
  return new LifeboatError('DISK_FULL', `the disk of the work folder ${folder} is full`, {
    hint: 'Free space on it, or let the state folder lie on another disk (LIFEBOAT_STATE_DIR).',
    details: { folder },
    cause: error,
  });
}
