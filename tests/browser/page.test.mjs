// The page itself: the demo, search, cancelling, files that are no disk, languages, themes, and that all can use it.

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, readdirSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { assertAccessible, assertQuiet, careen, disk, download, go, openPage, pick, picture, quit, scratch, waitForState } from './browser.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

test('the demo disk opens, and holds what was put on it', async () => {
  const { page, watched, close } = await openPage();
  await page.getByTestId('open-demo').click();
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await go(page, 'packages');
  const folder = new URL('../cases/demo/', import.meta.url);
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.csv'))) {
    assert.equal((await download(page, name)).toString(), readFileSync(new URL(name, folder), 'utf8'), name);
  }
  await go(page, 'images');
  await page.getByTestId('table-images').locator('[data-key]').first().waitFor();
  assertQuiet(watched);
  await close();
});

test('search finds everything from anywhere, by keyboard', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, tiny);
  const { volumes, images } = JSON.parse(careen('survey', tiny, '--json'));
  const hits = page.getByTestId('search-hits').getByRole('option');
  const find = async (word) => {
    await page.keyboard.press('Control+k');
    await page.getByTestId('search-input').pressSequentially(word);
    await hits.first().waitFor();
  };
  await find(volumes[0].name);
  await assertAccessible(page, 'search');
  await picture(page, 'search');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`#/volumes/${encodeURIComponent(volumes[0].name)}$`));
  await page.getByTestId('table-volumes').locator(`[data-key="${volumes[0].name}"]`).waitFor();

  // An id, a package, a page; the arrows go round; Escape closes nothing but the search.
  const image = images.find((one) => one.kind !== 'intermediate');
  await find(image.id.slice('sha256:'.length, 19));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.waitForURL(/#\/images\/sha256/);
  await find('fobo');
  await hits.filter({ hasText: /Package/ }).first().click();
  await page.waitForURL(/#\/packages\/.*image=/);
  await find('over');
  await page.keyboard.press('Escape');
  await page.getByTestId('search-input').waitFor({ state: 'hidden' });
  await page.waitForURL(/#\/packages/);
  assertQuiet(watched);
  await close();
});

test('cancelling ends the work and leaves the page usable', async () => {
  const { page, watched, close } = await openPage();
  // The moment there is something to cancel.
  await page.evaluate(() => {
    const look = new MutationObserver(() => {
      const button = document.querySelector('[data-testid="cancel"]');
      if (!button) return;
      look.disconnect();
      button.click();
    });
    look.observe(document.body, { childList: true, subtree: true, attributes: true });
  });
  await page.getByTestId('pick-disk').setInputFiles((disk('corpus/real') ?? disk('cases/tiny')).file);
  await waitForState(page, 'cancelled');
  await pick(page, tiny);
  assertQuiet(watched);
  await close();
});

test('a file that is no disk gets its sentence, and the next one opens', async () => {
  const folder = scratch();
  const make = (name, length, ...parts) => {
    const bytes = Buffer.alloc(length);
    for (const [offset, text] of parts) bytes.write(text, offset, 'latin1');
    writeFileSync(join(folder, name), bytes);
    return [join(folder, name)];
  };
  const cut = join(folder, 'cut.vhdx');
  copyFileSync(tiny, cut);
  truncateSync(cut, 1 << 20);
  const cases = [
    [...make('notes.txt', 5000, [0, 'not a disk\n']), /No Linux filesystem/i],
    [...make('empty.vhdx', 0), /empty/i],
    [...make('locked.raw', 1 << 20, [0, '\xeb\x58\x90-FVE-FS-'], [510, '\x55\xaa']), /BitLocker/],
    [...make('secret.raw', 1 << 20, [0, 'LUKS\xba\xbe\x00\x01']), /LUKS/],
    [...make('windows.raw', 1 << 20, [0, '\xeb\x52\x90NTFS    \x00\x02\x08'], [510, '\x55\xaa']), /NTFS/],
    [cut, /cut\.vhdx/],
  ];
  const { page, watched, close } = await openPage();
  for (const [file, sentence] of cases) {
    await page.getByTestId('pick-disk').setInputFiles(file);
    await page.getByText(sentence).first().waitFor({ state: 'visible' });
    await waitForState(page, 'failed', 'complete');
    await picture(page, `refused-${file.split('/').pop()}`);
  }
  await pick(page, tiny);
  await go(page, 'images');
  await page.getByTestId('table-images').locator('[data-key]').first().waitFor();
  assertQuiet(watched);
  await close();
});

test('a file that changes has to be picked again, which is said', async () => {
  const file = join(scratch(), 'docker_data.vhdx');
  copyFileSync(tiny, file);
  const { page, close } = await openPage();
  await pick(page, file);
  utimesSync(file, new Date(), new Date(Date.now() + 60_000));
  await go(page, 'files');
  await page.getByText(/changed|again/i).first().waitFor({ state: 'visible' });
  await picture(page, 'file-changed');
  await pick(page, file);
  await go(page, 'files');
  await page.getByTestId('table-files').locator('[data-key]').first().waitFor();
  await close();
});

test('two clicks on a directory go into that directory and no further', async () => {
  const { page, close } = await openPage();
  await pick(page, tiny);
  await go(page, 'files');
  const rows = page.getByTestId('table-files').locator('[data-key]');
  const data = page.getByTestId('table-files').locator('[data-key="/data"]');
  await data.getByRole('link').dblclick();
  await page.getByTestId('table-files').locator('[data-key="/data/docker"]').waitFor();
  await page.waitForTimeout(500);
  for (const key of await rows.evaluateAll((all) => all.map((row) => row.dataset.key))) {
    assert.match(key, /^\/data\/[^/]+$/);
  }
  await close();
});

test('columns are chosen; what is exported is what is shown', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, tiny);
  await go(page, 'images');
  const table = page.getByTestId('table-images');
  const heads = () => table.getByRole('columnheader').allInnerTexts().then((all) => all.map((text) => text.trim()).filter(Boolean));
  const before = await heads();
  await table.locator('.columns > summary').click();
  const choice = table.locator('.columns__list');
  assert.ok(await choice.getByLabel(before[0]).isDisabled(), 'the name stays');
  await choice.getByLabel('Size').uncheck();
  await choice.getByLabel('State').uncheck();
  await assertAccessible(page, 'the choice of columns');
  await picture(page, 'columns');
  await page.keyboard.press('Escape');
  await choice.waitFor({ state: 'hidden' });
  const left = before.filter((title) => !['Size', 'State'].includes(title));
  assert.deepEqual(await heads(), left);
  const [saved] = await Promise.all([page.waitForEvent('download'), table.getByRole('button', { name: 'Export what is shown as CSV' }).click()]);
  const lines = readFileSync(await saved.path(), 'utf8').trimEnd().split('\r\n');
  assert.deepEqual(lines[0].split(','), left);
  const cells = await table.locator('[data-key]').first().getByRole('gridcell').allInnerTexts();
  assert.ok(!cells.some((text) => /whole|\d\s[kM]?B$/.test(text.trim())), cells.join(' | '));
  assertQuiet(watched);
  await close();
});

test('a file tells which layer brought it and what it was before', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, tiny);
  // A file that two layers of an image have, by the native command.
  const { images } = JSON.parse(careen('survey', tiny, '--json'));
  let found;
  for (const { id } of images.filter(({ kind, layers }) => kind !== 'intermediate' && layers.length > 1)) {
    const path = '/var/lib/dpkg/status';
    try {
      const versions = JSON.parse(careen('versions', tiny, path, '--of', `image:${id}`, '--json'));
      if (versions.length > 1 && versions.every(({ entry }) => entry)) found = { id, path, versions };
    } catch {
      // This image has no such file.
    }
  }
  assert.ok(found, 'an image with two versions of a file');
  const { id, path, versions } = found;
  const route = `#/files/${encodeURIComponent(`image:${id}`)}/var/lib/dpkg`;
  await page.evaluate((hash) => { location.hash = hash; }, route);
  await page.getByTestId('table-files').locator(`[data-key="${path}"]`).click();
  const rows = page.getByTestId('versions').locator('li');
  await rows.first().waitFor();
  assert.deepEqual(await rows.evaluateAll((all) => all.map((row) => Number(row.dataset.layer))), versions.map(({ layer }) => layer).reverse());
  await picture(page, 'versions');
  // The older one can be looked at where it lies.
  await rows.last().getByRole('link').click();
  await page.waitForFunction((chain) => decodeURIComponent(location.hash).includes(chain), versions[0].chain_id);
  await page.locator('.detail').getByText(path).first().waitFor();
  assertQuiet(watched);
  await close();
});
