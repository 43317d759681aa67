// The way back to an image: the zip that the page saves holds what the command writes.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { assertAccessible, assertQuiet, careen, go, openPage, pick, picture, quit, scratch, unzipped } from './browser.mjs';
import { makeManyPackages } from './many-packages.mjs';

after(quit);

const demo = join(scratch(), 'demo.vhdx');
writeFileSync(demo, gunzipSync(readFileSync(new URL('../../www/demo/careen-demo.vhdx.gz', import.meta.url))));

/** A browser without places to choose: what is saved is downloaded. */
const choosesNothing = () => {
  delete window.showDirectoryPicker;
  delete window.showSaveFilePicker;
};

/** What the command writes for the same image: bytes by name. */
function native(id) {
  const folder = join(scratch(), 'rebuild');
  careen('rebuild', demo, `image:${id}`, '--out', folder);
  const names = readdirSync(folder, { recursive: true }).filter((name) => statSync(join(folder, name)).isFile());
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

test('what makes an image again is saved as the command writes it', async () => {
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesNothing);
  await pick(page, demo);
  const image = JSON.parse(careen('images', demo, '--json')).find(({ names }) => names.includes('hanbit/api:1.4'));
  await page.evaluate((id) => { location.hash = `#/images/${id}`; }, image.id);
  const saved = new Map();
  page.on('download', (one) => saved.set(one.suggestedFilename(), one.path().then((path) => readFileSync(path))));
  await page.getByTestId('save-rebuild').click();
  await go(page, 'export');
  const name = 'rebuild-hanbit_api_1.4.zip';
  const job = page.locator(`[data-testid="job"][data-name="${name}"]`);
  await page.locator(`[data-testid="job"][data-name="${name}"][data-state="done"]`).waitFor();
  const zip = await saved.get(name);
  assert.equal(await job.getByTestId('sha256').innerText(), createHash('sha256').update(zip).digest('hex'));
  assert.match(await job.innerText(), /sh restore\.sh/);
  const [files, expected] = [unzipped(zip), native(image.id)];
  assert.deepEqual([...files.keys()].sort(), [...expected.keys()].sort());
  for (const [path, bytes] of files) {
    // The list names the disk, which the page knows by its name alone.
    if (path !== 'rebuild.json') assert.ok(bytes.equals(expected.get(path)), path);
  }
  const list = JSON.parse(files.get('rebuild.json'));
  assert.deepEqual(list.files, JSON.parse(expected.get('rebuild.json')).files);
  const dockerfiles = [...files.keys()].filter((path) => /^images\/[^/]+\/Dockerfile$/.test(path));
  assert.equal(dockerfiles.length, 1);
  assert.match(files.get(dockerfiles[0]).toString(), /^FROM /m);
  // The list beside it names every file, and the zip by its sum.
  const manifest = JSON.parse(await saved.get(`${name}.manifest.json`));
  assert.equal(manifest.archive.size, zip.length);
  const rows = manifest.entries.filter(({ type }) => type === 'f').map(({ name: path }) => path);
  assert.deepEqual(rows.sort(), [...files.keys()].sort());
  await picture(page, 'rebuild-saved');
  await assertAccessible(page, 'saved');
  assertQuiet(watched);
  await close();
});

test('it is stopped while packages are read, and begun once more', async () => {
  const disk = makeManyPackages(scratch(), 12, 4000);
  const { page, watched, close } = await openPage();
  await page.evaluate(choosesNothing);
  await pick(page, disk);
  await go(page, 'images');
  await page.locator('[data-testid="table-images"] [data-key]').first().click();
  await page.getByTestId('save-rebuild').click();
  await go(page, 'export');
  const job = page.getByTestId('job');
  await page.getByTestId('stop-saving').click();
  await page.locator('[data-testid="job"][data-state="stopped"]').waitFor({ timeout: 2000 });
  await job.getByText('Stopped before anything was written.').waitFor();
  const [again] = await Promise.all([page.waitForEvent('download'), job.getByTestId('save-again').click()]);
  await page.locator('[data-testid="job"][data-state="done"]').waitFor();
  assert.ok(unzipped(readFileSync(await again.path())).has('rebuild.json'));
  assertQuiet(watched);
  await close();
});
