// A disk with one large volume, made here: a data root by hand on ext4, its one file of bytes that look like noise.

import { createCipheriv, createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The volume, and the file in it. */
export const VOLUME = 'big';
export const FILE = 'database.bin';

/** Bytes made at once. */
const PIECE = 16 << 20;

/** What the engine makes in every data root of the overlay2 driver, below `files`. */
function dataRoot(files) {
  const root = join(files, 'docker');
  const data = join(root, 'volumes', VOLUME, '_data');
  for (const name of ['overlay2/l', 'image/overlay2', 'containers', 'network/files', 'buildkit', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  mkdirSync(data, { recursive: true });
  writeFileSync(join(root, 'engine-id'), '6f0a2c52-6f5c-4f0e-9d35-0c7b1a7c9f11');
  writeFileSync(join(root, 'image/overlay2/repositories.json'), '{"Repositories":{}}');
  writeFileSync(join(data, 'README'), 'small\n');
  return data;
}

/** Puts what lies in `files` on an ext4 of so many MiB. */
function makeDisk(files, disk, room, ...options) {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const made = spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', ...options, '-d', files, disk, `${room}M`], {
    env: { ...process.env, PATH: path },
  });
  if (made.status !== 0) throw new Error(`mke2fs: ${made.stderr}`);
  rmSync(files, { recursive: true });
}

/**
 * Writes a disk into `folder` whose volume has `count` small files; its path. A thousand lie in each directory: mke2fs
 * looks through a whole directory for each file that it puts there.
 */
export function makeManyFiles(folder, count) {
  const files = join(folder, 'files');
  const many = dataRoot(files);
  for (let n = 0; n < count; n += 1) {
    const directory = join(many, `many-${Math.floor(n / 1000)}`);
    if (n % 1000 === 0) mkdirSync(directory);
    writeFileSync(join(directory, `file-${n}.txt`), `${n}\n`);
  }
  const disk = join(folder, 'many.raw');
  makeDisk(files, disk, 256 + Math.ceil(count / 180), '-N', String(count + Math.ceil(count / 1000) + 2000));
  return disk;
}

/**
 * Writes the disk into `folder`; the file in the volume has `size` bytes. Returns where the disk lies and the sha256 of
 * the file.
 */
export function makeLargeDisk(folder, size) {
  const files = join(folder, 'files');
  const data = dataRoot(files);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16));
  const hash = createHash('sha256');
  const zeros = Buffer.alloc(PIECE);
  const out = openSync(join(data, FILE), 'w');
  for (let done = 0; done < size; done += PIECE) {
    const piece = cipher.update(zeros.subarray(0, Math.min(PIECE, size - done)));
    hash.update(piece);
    writeSync(out, piece);
  }
  closeSync(out);

  const disk = join(folder, 'large.raw');
  makeDisk(files, disk, Math.floor(size / 2 ** 20) + 256);
  return { disk, sha256: hash.digest('hex') };
}
