// A differencing VHDX upon another one, made of the other's own head ([MS-VHDX] sections in brackets).

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';

/** Structures and their identities, as they lie in the file (2.2.3.2, 2.6.2). */
const BLOCK_TABLE = '6677c22d23f600429d64115e9bfd4a08';
const METADATA = '06a27c8b90479a4bb8fe575f050f886e';
const FILE_PARAMETERS = '3767a1ca36fa434db3b633f0aa44e76b';
const PARENT_LOCATOR = '2d5fd3a80bb34d45abf7d3d84834ab0c';
const LOCATOR_OF_VHDX = 'b7ef4ab09ed1814ab78925b8e9445913';

/** Where the first region table lies (2.2), and the data-write GUID in the first header (2.2.2). */
const REGION_TABLE = 192 << 10;
const DATA_WRITE_GUID = (64 << 10) + 32;

/**
 * Writes a disk to `file` in which nothing has changed since it was made upon `parent`. `paths` are what it knows of
 * the place of its parent: `{ relative_path, absolute_win32_path, volume_path }`. With `state` it was made upon a file
 * whose data-write GUID is that byte sixteen times.
 */
export function writeChild(file, parent, paths, state) {
  const head = Buffer.alloc(64 << 20);
  const opened = openSync(parent, 'r');
  const length = readSync(opened, head, 0, head.length, 0);
  closeSync(opened);

  const region = (identity) => {
    const entry = [1, 2, 3, 4].map((row) => REGION_TABLE + row * 32 - 16).find((at) => guid(head, at) === identity);
    return { at: Number(head.readBigUInt64LE(entry + 16)), length: head.readUInt32LE(entry + 24) };
  };
  const metadata = region(METADATA);
  const blocks = region(BLOCK_TABLE);
  const end = Math.max(metadata.at + metadata.length, blocks.at + blocks.length);
  if (end > length) throw new Error(`the head of ${parent} does not fit`);

  // 2.5.1.1: every block not present, so that it is the parent's.
  head.fill(0, blocks.at, blocks.at + blocks.length);

  // 2.6.1.2: one more entry; 2.6.2.1: bit 1 of the file parameters' flags says that there is a parent.
  const count = head.readUInt16LE(metadata.at + 10);
  const parameters = Array.from({ length: count }, (_, row) => metadata.at + 32 + row * 32)
    .find((entry) => guid(head, entry) === FILE_PARAMETERS);
  head[metadata.at + head.readUInt32LE(parameters + 16) + 4] |= 2;
  const written = state ? Buffer.alloc(16, state) : head.subarray(DATA_WRITE_GUID, DATA_WRITE_GUID + 16);
  const item = locator({ parent_linkage: `{${text(written)}}`, ...paths });
  const itemAt = 128 << 10;
  const entry = metadata.at + 32 + count * 32;
  head.write(PARENT_LOCATOR, entry, 'hex');
  head.writeUInt32LE(itemAt, entry + 16);
  head.writeUInt32LE(item.length, entry + 20);
  head.writeUInt32LE(4, entry + 24); // required
  head.writeUInt16LE(count + 1, metadata.at + 10);
  item.copy(head, metadata.at + itemAt);
  writeFileSync(file, head.subarray(0, end));
}

/** A parent locator (2.6.2.6): its header, a row for each pair, then the texts. */
function locator(pairs) {
  const rows = Object.entries(pairs).map((pair) => pair.map((part) => Buffer.from(part, 'utf16le')));
  const header = Buffer.alloc(20);
  header.write(LOCATOR_OF_VHDX, 'hex');
  header.writeUInt16LE(rows.length, 18);
  let at = header.length + rows.length * 12;
  const table = rows.map(([key, value]) => {
    const row = Buffer.alloc(12);
    row.writeUInt32LE(at, 0);
    row.writeUInt32LE(at + key.length, 4);
    row.writeUInt16LE(key.length, 8);
    row.writeUInt16LE(value.length, 10);
    at += key.length + value.length;
    return row;
  });
  return Buffer.concat([header, ...table, ...rows.flat()]);
}

function guid(bytes, at) {
  return bytes.toString('hex', at, at + 16);
}

/** A GUID as people write it. */
function text(bytes) {
  const hex = (from, to) => bytes.toString('hex', from, to);
  const turned = (from, to) => Buffer.from(bytes.subarray(from, to)).reverse().toString('hex');
  return [turned(0, 4), turned(4, 6), turned(6, 8), hex(8, 10), hex(10, 16)].join('-');
}
