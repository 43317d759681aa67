// The report on a disk, saved from the page, holds what the command writes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, openPage, pick, picture, quit, scratch, unzipped } from './browser.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

test('a report on the disk is saved with all tables, as the command writes it', async () => {
  const { page, watched, close } = await openPage();
  // A browser without places to choose: what is saved is downloaded.
  await page.evaluate(() => {
    delete window.showDirectoryPicker;
    delete window.showSaveFilePicker;
  });
  await pick(page, tiny);
  await picture(page, 'overview-with-report');
  const [saved] = await Promise.all([
    page.waitForEvent('download', { predicate: (one) => one.suggestedFilename().endsWith('.zip'), timeout: 120_000 }),
    page.getByTestId('save-report').click(),
  ]);
  assert.equal(saved.suggestedFilename(), 'report-docker_data.vhdx.zip');
  const files = unzipped(readFileSync(await saved.path()));
  const zip = join(scratch(), 'report.zip');
  careen('report', tiny, '--out', zip);
  const native = unzipped(readFileSync(zip));
  assert.deepEqual([...files.keys()].sort(), [...native.keys()].sort());
  // Each tells the moment it was made, and what was read of the disk until then.
  const timeless = (bytes) => bytes.toString().replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'TIME');
  for (const [name, bytes] of native) {
    if (name.endsWith('.csv') || name.startsWith('sbom/') || name === 'packages.json') {
      assert.ok(files.get(name).equals(bytes), name);
    }
  }
  assert.equal(timeless(files.get('report.md')).split('\n')[0], timeless(native.get('report.md')).split('\n')[0]);
  assert.match(files.get('report.html').toString(), /^<!doctype html>/i);
  assertQuiet(watched);
  await close();
});
