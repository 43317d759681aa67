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

/**
 * Writes a tar of a data root into `folder` whose volume has `count` empty files in one directory; its path. A disk would
 * take mke2fs the square of that.
 */
export function makeLargeDirectory(folder, count) {
  const path = join(folder, 'directory.tar');
  const out = openSync(path, 'w');
  // POSIX.1-2017, pax, "ustar Interchange Format".
  const header = (name, type) => {
    const block = Buffer.alloc(512);
    const put = (at, text) => block.write(text, at, 'latin1');
    put(0, name);
    put(100, type === '5' ? '0000755\0' : '0000644\0');
    put(108, '0000000\0');
    put(116, '0000000\0');
    put(124, '00000000000\0');
    put(136, '14000000000\0');
    put(148, '        ');
    put(156, type);
    put(257, 'ustar\x0000');
    put(148, `${block.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `);
    return block;
  };
  const root = ['overlay2/l', 'image/overlay2', 'containers', 'network/files', 'buildkit', 'tmp', 'volumes', `volumes/${VOLUME}`, `volumes/${VOLUME}/_data`];
  const blocks = ['', 'overlay2', 'image', 'network', ...root].map((name) => header(join('docker', name, '/'), '5'));
  for (let n = 0; n < count; n += 1) {
    blocks.push(header(`docker/volumes/${VOLUME}/_data/file-${String(n).padStart(7, '0')}`, '0'));
    if (blocks.length >= 8192) writeSync(out, Buffer.concat(blocks.splice(0)));
  }
  writeSync(out, Buffer.concat([...blocks, Buffer.alloc(1024)]));
  closeSync(out);
  return path;
}
