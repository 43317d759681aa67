// A folder in the place of a disk: a copy of the data root's files, as a browser hands it over.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import {
  assertQuiet, careen, download, go, nativeFiles, openPage, picture, quit, scratch, stored, waitForState,
} from './browser.mjs';

after(quit);

const place = scratch();
const disk = join(place, 'careen-demo.vhdx');
writeFileSync(disk, gunzipSync(readFileSync(new URL('../../www/demo/careen-demo.vhdx.gz', import.meta.url))));

/** Copies the data root out of the demo disk, as a person without rights would: no devices, owners or attributes. */
function copy(links) {
  const folder = join(scratch(), 'docker');
  mkdirSync(folder);
  const store = JSON.parse(careen('survey', disk, '--json')).stores[0];
  const lines = careen('ls', disk, '--of', `store:${store.id}`, '-R', '--json').toString().trim().split('\n');
  for (const entry of lines.map((line) => JSON.parse(line))) {
    const path = join(folder, entry.path);
    if (entry.type === 'd') mkdirSync(path, { recursive: true });
    if (entry.type === 'f') writeFileSync(path, careen('cat', disk, '--of', `store:${store.id}`, entry.path));
    if (entry.type === 'l' && links) symlinkSync(entry.link, path);
  }
  return folder;
}

const survey = (what) => JSON.parse(careen('survey', what, '--json'));

/** What the page's tables show. */
async function shown(page) {
  const keys = {};
  for (const route of ['images', 'containers', 'volumes']) {
    await go(page, route);
    const rows = page.getByTestId(`table-${route}`).locator('[data-key]');
    await rows.first().waitFor();
    keys[route] = (await rows.evaluateAll((all) => all.map((row) => row.dataset.key))).sort();
  }
  return keys;
}

/** The same of an answer of the command. */
const told = ({ images, containers, volumes }) => ({
  images: images.filter((image) => image.kind !== 'intermediate').map((image) => image.id).sort(),
  containers: containers.map((container) => container.id).sort(),
  volumes: volumes.map((volume) => volume.name).sort(),
});

for (const links of [false, true]) {
  test(`a picked folder ${links ? 'with links tells what the browser left out' : 'shows what the disk shows'}`, async () => {
    const folder = copy(links);
    const { page, watched, close } = await openPage();
    await page.getByTestId('pick-folder').setInputFiles(folder);
    assert.equal(await waitForState(page, 'failed', 'complete'), 'complete');
    assert.equal(await page.locator('.header__disk').innerText(), 'docker');
    const native = survey(folder);
    assert.deepEqual(await shown(page), told(native));
    assert.deepEqual(told(native), told(survey(disk)));

    if (links) {
      // Chromium leaves out a directory that a link leads to, as those in `l` do.
      await go(page, 'findings');
      await page.getByText('layer-not-in-copy').first().waitFor();
      await close();
      return;
    }

    // The layers' records tell what each layer deletes, so the packages are those of the disk.
    await go(page, 'packages');
    const zip = stored(await download(page, 'careen-packages.zip'));
    for (const [name, bytes] of nativeFiles(disk)) assert.ok(zip.get(name)?.equals(bytes), `${name} differs`);

    // No layer is told to be broken because the browser leaves out links and empty directories.
    await go(page, 'findings');
    const codes = await page.getByTestId('table-findings').locator('[data-key]').evaluateAll(
      (rows) => rows.map((row) => row.dataset.key));
    assert.deepEqual(codes.filter((code) => /overlay|layer|image/.test(code)), []);
    await picture(page, 'folder-findings');
    assertQuiet(watched);
    await close();
  });
}

test('a folder that is no data root is an answer too', async () => {
  const folder = join(scratch(), 'papers');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'sub/a.txt'), 'a');
  const { page, watched, close } = await openPage();
  await page.getByTestId('pick-folder').setInputFiles(folder);
  assert.equal(await waitForState(page, 'failed', 'complete'), 'complete');
  await go(page, 'files');
  await page.getByText('sub').first().waitFor();
  assertQuiet(watched);
  await close();
});

test('a dropped folder opens', async () => {
  const folder = copy(false);
  const { page, watched, close } = await openPage();
  // A real drop of a folder needs the operating system: the browser's own entries are put in its place, with the same
  // calls, from a folder that was picked beside.
  await page.evaluate(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', webkitdirectory: true });
    input.dataset.testid = 'aside';
    document.body.append(input);
  });
  await page.getByTestId('aside').setInputFiles(folder);
  await page.evaluate(() => {
    const tree = { name: '', entries: new Map() };
    for (const file of document.querySelector('[data-testid="aside"]').files) {
      const names = file.webkitRelativePath.split('/');
      let at = tree;
      for (const name of names.slice(0, -1)) {
        if (!at.entries.has(name)) at.entries.set(name, { name, entries: new Map() });
        at = at.entries.get(name);
      }
      at.entries.set(names.at(-1), { name: names.at(-1), file });
    }
    const entry = ({ name, entries, file }) => file
      ? { name, isDirectory: false, isFile: true, file: (done) => setTimeout(() => done(file)) }
      : {
        name, isDirectory: true, isFile: false,
        createReader() {
          const left = [...entries.values()].map(entry);
          return { readEntries: (done) => setTimeout(() => done(left.splice(0, 3))) };
        },
      };
    const root = entry(tree.entries.values().next().value);
    const event = new DragEvent('drop', { bubbles: true, cancelable: true });
    const items = { length: 1, 0: { kind: 'file', webkitGetAsEntry: () => root } };
    Object.defineProperty(event, 'dataTransfer', { value: { items, files: new DataTransfer().files } });
    document.querySelector('.drop').dispatchEvent(event);
  });
  assert.equal(await waitForState(page, 'failed', 'complete'), 'complete');
  assert.deepEqual(await shown(page), told(survey(disk)));
  assertQuiet(watched);
  await close();
});
