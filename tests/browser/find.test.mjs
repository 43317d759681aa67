// Finding files by name and by content: what the native command finds, with progress and stop, and a way to each file.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, assertQuiet, careen, disk, go, openPage, pick, picture, quit, url } from './browser.mjs';
import { inWorkers } from './workers.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

/** What the command finds, by the keys that the rows have. */
function native(kind, pattern, ...words) {
  const hits = JSON.parse(careen('search', tiny, pattern, ...words, '--json', '--limit', '10000')).filter((hit) => hit.kind === kind);
  return hits.map(({ scope, path, offset }) => `${scope}${path}${kind === 'text' ? `:${offset ?? 0}` : ''}`).sort();
}

const table = (page) => page.getByTestId('table-find').locator('[data-key]');
const found = (page) => page.locator('[data-testid="find-state"][data-state="done"]').waitFor();

/** Fails unless the table comes to have these rows, and no others. */
async function shows(page, expected) {
  let shown = [];
  for (let tries = 0; tries < 50; tries++) {
    await found(page);
    shown = (await table(page).evaluateAll((all) => all.map((row) => row.dataset.key))).sort();
    if (shown.length === expected.length) break;
    await page.waitForTimeout(100);
  }
  assert.deepEqual(shown, expected);
}

test('files are found by name from anywhere, and each hit leads to its file', async () => {
  const { page, watched, close } = await openPage();
  await page.setViewportSize({ width: 1440, height: 1600 });
  await pick(page, tiny);
  const expected = native('file', 'status');
  assert.ok(expected.length > 0, 'the disk has such files');
  await page.keyboard.press('Control+k');
  await page.getByTestId('search-input').pressSequentially('status');
  await page.getByTestId('search-hits').getByRole('option').filter({ hasText: 'Find files called “status”' }).click();
  await page.waitForURL(/#\/find\/names\?text=status$/);
  await found(page);
  await shows(page, expected);
  await assertAccessible(page, 'hits');
  await picture(page, 'find-names');

  const name = await table(page).first().getByRole('link').innerText();
  await table(page).first().getByRole('link').click();
  await page.waitForURL(/#\/files\/.*at=/);
  await page.getByRole('heading', { name, exact: true }).first().waitFor();
  await page.goBack();
  await found(page);
  await shows(page, expected);
  assertQuiet(watched);
  await close();
});

test('text is found in files, everywhere and in one place', async () => {
  const { page, watched, close } = await openPage();
  await page.setViewportSize({ width: 1440, height: 2400 });
  await pick(page, tiny);
  await go(page, 'files');
  await page.getByTestId('find').click();
  const ask = async (text) => {
    await page.getByTestId('find-text').fill(text);
    await page.getByTestId('find-what').selectOption('content');
    await page.getByTestId('find-go').click();
    await page.waitForURL(/#\/find\/content/);
    await found(page);
  };
  await page.getByTestId('find-where').selectOption('');
  await ask('Maintainer:');
  const everywhere = native('text', 'Maintainer:', '--content');
  assert.ok(everywhere.length > 0, 'the disk has such text');
  await shows(page, everywhere);
  await picture(page, 'find-content');

  const value = await page.getByTestId('find-where').locator('option[value^="image:"]').first().getAttribute('value');
  await page.getByTestId('find-where').selectOption(value);
  await ask('Maintainer:');
  const inOne = native('text', 'Maintainer:', '--content', '--of', value);
  assert.notEqual(inOne.length, everywhere.length);
  await shows(page, inOne);
  assertQuiet(watched);
  await close();
});

test('a search can be stopped, and what was found stays', async () => {
  // Each read takes as long as on a slow disk.
  const slow = `const read = FileReaderSync.prototype.readAsArrayBuffer;
    FileReaderSync.prototype.readAsArrayBuffer = function (blob) {
      for (const end = performance.now() + 25; performance.now() < end;);
      return read.call(this, blob);
    };`;
  const { page, watched, close } = await openPage({}, url, inWorkers(slow));
  await pick(page, tiny);
  await page.evaluate(() => { location.hash = '#/find/content?text=e'; });
  await table(page).first().waitFor();
  await page.getByTestId('find-stop').click();
  await page.locator('[data-testid="find-state"][data-state="stopped"]').waitFor();
  assert.ok(await table(page).count() > 0, 'hits stay');
  await go(page, 'files');
  await page.getByTestId('table-files').locator('[data-key]').first().waitFor();
  assertQuiet(watched);
  await close();
});
