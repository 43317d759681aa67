// A volume of 3 GiB leaves the page through the service worker and through a writable stream: every byte right, and the
// memory of page and workers flat.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { spawnSync } from 'node:child_process';

import { chromium } from 'playwright-core';

import { assertQuiet, careen, go, picture, quit, scratch, url, waitForState } from './browser.mjs';
import { FILE, VOLUME, makeLargeDisk, makeManyFiles } from './large-disk.mjs';

const SIZE = Number(process.env.CAREEN_LARGE ?? 3 * 2 ** 30);
/** What page and workers may need more than before, in bytes; with a million files, each of which is told in a list. */
const ALLOWED = 128 * 2 ** 20;
const ALLOWED_OF_MANY = 192 * 2 ** 20;
const PATIENCE = 900_000;

const folder = scratch();
const { disk, sha256 } = makeLargeDisk(folder, SIZE);
const name = `volume-${VOLUME}.tar`;
const native = join(folder, name);
careen('export', disk, `volume:${VOLUME}`, '-o', native);
const expected = await digest(native);
const unpacked = spawnSync('sh', ['-c', `tar -xOf "$1" "$2" | sha256sum`, 'sh', native, FILE]).stdout.toString();
const listed = JSON.parse(readFileSync(`${native}.manifest.json`)).entries.find((entry) => entry.name === FILE);
rmSync(native);

after(async () => {
  await quit();
  rmSync(folder, { recursive: true });
});

async function digest(file) {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { highWaterMark: 4 << 20 })) hash.update(piece);
  return hash.digest('hex');
}

/** Bytes that the browser's processes for pages and workers hold of their own. */
function memory(profile) {
  const read = (id, what) => {
    try {
      return readFileSync(`/proc/${id}/${what}`, 'utf8');
    } catch {
      // It ended meanwhile.
      return '';
    }
  };
  const all = readdirSync('/proc').filter((one) => /^\d+$/.test(one));
  const parent = new Map(all.map((id) => [id, /\) \S (\d+)/.exec(read(id, 'stat'))?.[1]]));
  const root = all.find((id) => read(id, 'cmdline').includes(`--user-data-dir=${profile}`) && !read(id, 'cmdline').includes('--type='));
  const isBelow = (id) => id !== undefined && (id === root || isBelow(parent.get(id)));
  let sum = 0;
  for (const id of all.filter((one) => isBelow(one) && read(one, 'cmdline').includes('--type=renderer'))) {
    const rollup = read(id, 'smaps_rollup');
    const field = (what) => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
    sum += (field('Private_Clean') + field('Private_Dirty')) * 1024;
  }
  assert.ok(sum > 0, 'the browser has a process for the page');
  return sum;
}

/** A browser whose own folder lies on the disk, with the page in it. */
async function open(init, disk) {
  const profile = scratch();
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CAREEN_CHROMIUM,
    viewport: { width: 1280, height: 720 },
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
    ],
  });
  const watched = { away: [], errors: [] };
  context.on('request', (request) => {
    if (![url, 'blob:', 'data:'].some((own) => request.url().startsWith(own))) watched.away.push(request.url());
  });
  const page = context.pages()[0];
  page.on('pageerror', (error) => watched.errors.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && watched.errors.push(message.text()));
  await page.addInitScript(init);
  await page.goto(url);
  await page.getByTestId('pick-disk').setInputFiles(disk);
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await go(page, 'volumes');
  await page.getByTestId(`export-volume:${VOLUME}`).waitFor();
  await page.waitForTimeout(1000);
  const done = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { page, watched, profile, done };
}

/** Saves the volume, of so many bytes and with this digest, and measures meanwhile. */
async function save(page, profile, way, size, expected, allowed = ALLOWED) {
  const before = memory(profile);
  let most = before;
  const watch = setInterval(() => { most = Math.max(most, memory(profile)); }, 250);
  const start = Date.now();
  await page.getByTestId(`export-volume:${VOLUME}`).click();
  await go(page, 'export');
  const job = page.locator(`[data-testid="job"][data-name="${name}"]`);
  await page.waitForTimeout(8000);
  await picture(page, `export-large-${way}`);
  await page.locator(`[data-testid="job"][data-state="done"], [data-testid="job"][data-state="failed"]`).waitFor({ timeout: PATIENCE });
  clearInterval(watch);
  const seconds = (Date.now() - start) / 1000;
  assert.equal(await job.getAttribute('data-state'), 'done', await job.innerText());
  assert.equal(await job.getByTestId('sha256').innerText(), expected);
  const grown = most - before;
  const mib = (bytes) => (bytes / 2 ** 20).toFixed(0);
  console.log(`${way}: ${mib(size)} MiB in ${seconds.toFixed(1)} s, ${(size / 2 ** 20 / seconds).toFixed(0)} MiB/s; ` +
    `memory of page and workers ${mib(before)} MiB before, ${mib(most)} MiB at most, ${mib(grown)} MiB more`);
  assert.ok(grown < allowed, `${mib(grown)} MiB more than at the start`);
}

test('the archive of the command holds the bytes that were put on the disk', () => {
  assert.equal(listed.sha256, sha256);
  assert.equal(unpacked.split(' ')[0], sha256, 'as GNU tar unpacks it');
});

test('a large volume through the service worker', async () => {
  const { page, watched, profile, done } = await open(() => {
    delete window.showDirectoryPicker;
    delete window.showSaveFilePicker;
  }, disk);
  const saved = page.waitForEvent('download', { predicate: (one) => one.suggestedFilename() === name, timeout: PATIENCE });
  await save(page, profile, 'service worker', SIZE, expected);
  const file = await (await saved).path();
  assert.equal(statSync(file).size > SIZE, true);
  assert.equal(await digest(file), expected);
  assertQuiet(watched);
  await done();
});

test('a large volume through a writable stream', async () => {
  const { page, watched, profile, done } = await open(() => {
    window.showSaveFilePicker = async ({ suggestedName }) =>
      (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
  }, disk);
  await save(page, profile, 'writable stream', SIZE, expected);
  // The browser's own folder is made of plain files.
  const files = readdirSync(profile, { recursive: true }).map((one) => join(profile, one));
  const large = files.filter((one) => statSync(one, { throwIfNoEntry: false })?.isFile() && statSync(one).size > SIZE);
  assert.equal(large.length, 1, large.join(', '));
  assert.equal(await digest(large[0]), expected);
  assertQuiet(watched);
  await done();
});

/** Small files in one directory; by hand, since making a million takes minutes. */
const COUNT = Number(process.env.CAREEN_FILES ?? 0);

test('a directory of very many files', { skip: COUNT === 0 }, async () => {
  const many = makeManyFiles(folder, COUNT);
  careen('export', many, `volume:${VOLUME}`, '-o', native);
  const { size } = statSync(native);
  const expected = await digest(native);
  const { page, watched, profile, done } = await open(() => {
    window.showSaveFilePicker = async ({ suggestedName }) =>
      (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
  }, many);
  await save(page, profile, `${COUNT} files`, size, expected, ALLOWED_OF_MANY);
  assertQuiet(watched);
  await done();
});
