// What is in a file: every kind of preview on a small volume made here, and content that means harm.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { assertAccessible, assertQuiet, openPage, pick, picture, quit, scratch } from './browser.mjs';

const folder = scratch();
const VOLUME = 'previews';

/** The checksum of PNG (Third Edition, annex D); zlib gives it to no script of Node 18. */
function crc32(bytes) {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}

/** A chunk of a PNG (Third Edition, 5.3). */
function chunk(type, content) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A gray PNG; `drawn` rows are in it, all unless told. */
function png(width, height, drawn = height) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  // Each row: its filter, which is none, and its pixels.
  const row = Buffer.alloc(width + 1, 0x80);
  row[0] = 0;
  const pixels = deflateSync(Buffer.concat(Array(drawn).fill(row)));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

const utf16 = Buffer.from('\ufeff두 바이트씩', 'utf16le');
const elf = Buffer.alloc(64);
// Class 2, little-endian, version 1; ET_DYN for AArch64.
elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
elf.writeUInt16LE(3, 16);
elf.writeUInt16LE(183, 18);

const FILES = {
  'utf8.txt': '안녕 plain\n',
  'utf16.txt': utf16,
  // 한국어 in EUC-KR, and "déjà vu" in Latin-1.
  'korean.txt': Buffer.from('name: \xc7\xd1\xb1\xb9\xbe\xee\n', 'latin1'),
  'western.txt': Buffer.from('d\xe9j\xe0 vu\n', 'latin1'),
  'value.json': '{"n":12345678901234567890,"n":1.50,"t":"<b>x</b>"}',
  'deep.json': '['.repeat(10_000) + ']'.repeat(10_000),
  'broken.json': '{"a": ',
  'rows.csv': 'name,count\n<img src=x onerror="window.harmed=1">,10\n"two, ""words""",9\n',
  'long.csv': 'a;b\n' + '한;2\n'.repeat(20_000),
  'good.png': png(40, 30),
  'cut.png': png(40, 30).subarray(0, 50),
  'huge.png': png(100_000, 100_000, 1),
  // The checksum of the header is wrong.
  'bad.png': png(40, 30).map((byte, at) => (at === 29 ? byte ^ 0xff : byte)),
  'markup.svg': '<svg xmlns="http://www.w3.org/2000/svg" onload="window.harmed=1"><script>window.harmed=1</script></svg>',
  'app.log': 'the first line\n' + 'line\n'.repeat(40_000) + '\x1b[31mthe last line\x1b[0m\n',
  'program.so': elf,
};

let page;
let watched;

before(async () => {
  const files = join(folder, 'files');
  const root = join(files, 'docker');
  const data = join(root, 'volumes', VOLUME, '_data');
  for (const name of ['overlay2/l', 'image/overlay2', 'containers', 'network/files', 'buildkit', 'tmp']) {
    mkdirSync(join(root, name), { recursive: true });
  }
  mkdirSync(data, { recursive: true });
  writeFileSync(join(root, 'engine-id'), '6f0a2c52-6f5c-4f0e-9d35-0c7b1a7c9f13');
  writeFileSync(join(root, 'image/overlay2/repositories.json'), '{"Repositories":{}}');
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(data, name), content);
  const disk = join(folder, 'previews.raw');
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const made = spawnSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', files, disk, '16M'], { env });
  assert.equal(made.status, 0, String(made.stderr));
  const opened = await openPage();
  ({ page, watched } = opened);
  await pick(page, disk);
});

after(async () => {
  await quit();
  rmSync(folder, { recursive: true });
});

const preview = () => page.getByTestId('preview');
const text = () => preview().locator('pre').innerText();

/** Waits for what becomes true in a moment. */
async function settled(holds, what) {
  for (let tries = 0; tries < 50; tries += 1) {
    if (await holds()) return;
    await page.waitForTimeout(100);
  }
  assert.fail(what);
}

/** Shows a file; the name of the view that it begins with. */
async function show(name) {
  await page.evaluate((hash) => { location.hash = hash; }, `#/files/volume:${VOLUME}?at=${encodeURIComponent(name)}`);
  await page.locator('.detail__title', { hasText: name }).waitFor();
  const chosen = preview().locator('.tab[aria-pressed="true"]');
  await chosen.waitFor();
  return chosen.innerText();
}

test('text is shown in its encoding, which is named and can be chosen', async () => {
  for (const [name, encoding, known, content] of [
    ['utf8.txt', 'utf-8', 'every byte here fits it', '안녕 plain'],
    ['utf16.txt', 'utf-16le', 'the file says so (byte order mark)', '두 바이트씩'],
    ['korean.txt', 'euc-kr', /guessed/, 'name: 한국어'],
    ['western.txt', 'windows-1252', /guessed/, 'déjà vu'],
  ]) {
    assert.equal(await show(name), 'Text', name);
    const select = preview().getByTestId('encoding');
    await select.waitFor();
    assert.equal(await select.inputValue(), encoding, name);
    assert.match(await preview().getByTestId('encoding-known').innerText(), new RegExp(known instanceof RegExp ? known : known.replace(/[()]/g, '\\$&')));
    assert.equal((await text()).trim(), content, name);
  }
  await preview().getByTestId('encoding').selectOption('euc-kr');
  await preview().getByText('chosen by you').waitFor();
  assert.doesNotMatch(await text(), /déjà/);
  await show('program.so');
  await preview().getByRole('button', { name: 'Text' }).click();
  await preview().getByText('This is not text.').waitFor();
  await preview().getByTestId('encoding').selectOption('windows-1252');
  assert.match(await text(), /ELF/);
});

test('JSON is indented and no token changes', async () => {
  assert.equal(await show('value.json'), 'JSON');
  assert.equal((await text()).trim(), '{\n  "n": 12345678901234567890,\n  "n": 1.50,\n  "t": "<b>x</b>"\n}');
  assert.equal(await show('deep.json'), 'JSON');
  assert.equal((await text()).replace(/\s/g, ''), FILES['deep.json']);
  assert.equal(await show('broken.json'), 'JSON');
  await preview().getByText('This is not valid JSON').waitFor();
  assert.equal((await text()).trim(), '{"a":');
});

test('separated values are a table, and what is in a cell stays text', async () => {
  assert.equal(await show('rows.csv'), 'Table');
  const table = preview().getByTestId('table-preview');
  const cells = () => table.getByRole('gridcell').allInnerTexts();
  await table.getByText('two, "words"').waitFor();
  assert.deepEqual(await cells(), [FILES['rows.csv'].split('\n')[1].split(',')[0], '10', 'two, "words"', '9']);
  await table.getByRole('columnheader', { name: 'count' }).getByRole('button').click();
  await table.locator('[role="columnheader"][aria-sort="ascending"]').waitFor();
  await settled(async () => (await cells())[1] === '9', 'numbers are ordered by value');
  await preview().getByLabel('The first row is the heading').uncheck();
  await table.getByText('name', { exact: true }).waitFor();
  await picture(page, 'preview-table');
  assert.equal(await show('long.csv'), 'Table');
  await preview().getByText(/rows of the first 65.*; the file goes on/).waitFor();
});

test('images are drawn, and those that are cut, broken or too large are told', async () => {
  assert.equal(await show('good.png'), 'Image');
  await preview().getByText('PNG, 40 × 30 pixels').waitFor();
  const image = preview().locator('img');
  await image.waitFor();
  await settled(() => image.evaluate((element) => element.naturalWidth === 40), 'the picture is drawn');
  const pixel = await image.evaluate((element) => {
    const canvas = new OffscreenCanvas(40, 30).getContext('2d');
    canvas.drawImage(element, 0, 0);
    return [...canvas.getImageData(39, 29, 1, 1).data];
  });
  assert.deepEqual(pixel, [0x80, 0x80, 0x80, 0xff]);
  const address = await image.getAttribute('src');
  assert.match(address, /^blob:/);
  await picture(page, 'preview-image');
  assert.equal(await show('cut.png'), 'Image');
  await preview().getByText('The file ends before the picture does.').waitFor();
  const isGone = (url) => new Promise((done) => {
    const image = new Image();
    image.onload = () => done(false);
    image.onerror = () => done(true);
    image.src = url;
  });
  assert.ok(await page.evaluate(isGone, address), 'the address is revoked');
  watched.errors = watched.errors.filter((error) => !error.includes('ERR_FILE_NOT_FOUND'));
  assert.equal(await show('huge.png'), 'Image');
  await preview().getByText(/claims 100,000 × 100,000 pixels/).waitFor();
  assert.equal(await preview().locator('img').count(), 0);
  assert.equal(await show('bad.png'), 'Image');
  await preview().getByText(/The browser cannot draw this picture/).waitFor();
  assert.equal(await show('markup.svg'), 'Text');
  assert.equal((await text()).trim(), FILES['markup.svg']);
});

test('a log begins at its end, without codes of terminals', async () => {
  assert.equal(await show('app.log'), 'Text');
  await preview().getByText(/^The last 65/).waitFor();
  assert.match(await text(), /^line\n[^]*the last line\s*$/);
  assert.doesNotMatch(await text(), /\x1b|\[31m/);
  await preview().getByText(/2 terminal codes/).waitFor();
  await preview().getByRole('button', { name: 'Show the beginning' }).click();
  await preview().getByText(/^The first 65/).waitFor();
  await settled(async () => (await text()).startsWith('the first line'), 'the beginning is shown');
});

test('beside the bytes stands what the first of them say', async () => {
  assert.equal(await show('program.so'), 'Hex');
  for (const words of ['ELF', '64 bit, little-endian', 'ET_DYN', 'AArch64']) await preview().getByText(words, { exact: true }).waitFor();
  assert.match(await text(), /^00000000 {2}7f 45 4c 46 {2}02 01 01 00/);
  await picture(page, 'preview-hex');
});

test('every view is accessible in both schemes, and nothing in a file ran', async () => {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const name of ['korean.txt', 'value.json', 'rows.csv', 'good.png', 'cut.png', 'program.so']) {
      await show(name);
      await assertAccessible(page, `${name}, ${colorScheme}`);
    }
  }
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assertQuiet(watched);
});
