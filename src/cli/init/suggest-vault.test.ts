import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMounts } from './suggest-vault.ts';

test('disks are told from memory, images, single files and the places of the system', () => {
  const text = [
    '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
    '30 22 254:1 / /mnt/back\\040up rw shared:5 - xfs /dev/vdb rw',
    '31 22 0:40 / /run rw - tmpfs tmpfs rw',
    '32 22 254:2 / /boot/efi rw - vfat /dev/vda2 rw',
    '33 22 254:1 /sub/file /etc/hosts rw - xfs /dev/vdb rw',
    '34 22 0:50 / /run/media/jane/disk rw - exfat /dev/sdc1 rw',
    '35 22 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
    '36 22 0:60 /@home /home rw - btrfs /dev/vdc rw',
    '37 22 0:61 / /mnt/nas rw - nfs4 nas:/x rw',
    '',
  ].join('\n');
  assert.deepEqual(parseMounts(text), ['/', '/mnt/back up', '/run/media/jane/disk', '/home', '/mnt/nas']);
});
