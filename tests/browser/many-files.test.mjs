// A directory of very many files: time to the overview, frames while it is scrolled, memory. CAREEN_MANY_FILES=1000000
// measures what is written down; less is enough to see that it works.

import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';

import { assertQuiet, openPage, picture, quit, scratch, scrolled, waitForState } from './browser.mjs';
import { VOLUME, makeLargeDirectory } from './large-disk.mjs';

const COUNT = Number(process.env.CAREEN_MANY_FILES ?? 20_000);

const folder = scratch();

after(async () => {
  await quit();
  rmSync(folder, { recursive: true });
});

/** Bytes that the browser's processes for pages and workers hold of their own. */
async function memory(page) {
  const session = await page.context().browser().newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const sizes = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => {
    const rollup = readFileSync(`/proc/${id}/smaps_rollup`, 'utf8');
    const field = (what) => Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
    return (field('Private_Clean') + field('Private_Dirty')) * 1024;
  });
  await session.detach();
  return sizes.reduce((sum, size) => sum + size, 0);
}

test('a directory of very many files is scrolled', async () => {
  const disk = makeLargeDirectory(folder, COUNT);
  const { page, watched, close } = await openPage({ viewport: { width: 1280, height: 720 } });
  page.setDefaultTimeout(240_000);
  const before = await memory(page);
  const start = Date.now();
  await page.getByTestId('pick-disk').setInputFiles(disk);
  await page.getByRole('heading', { name: /Your data is here/ }).waitFor();
  const overview = Date.now() - start;
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  const whole = Date.now() - start;
  const asked = Date.now();
  await page.evaluate((hash) => { location.hash = hash; }, `#/files/volume:${VOLUME}`);
  const rows = page.getByTestId('table-files').locator('[data-key]');
  await rows.first().waitFor();
  const listed = Date.now() - asked;
  const grid = page.getByTestId('table-files').getByRole('grid');
  assert.equal(Number(await grid.getAttribute('aria-rowcount')), COUNT + 1);
  // Slowly, as a wheel does it, by screens, and by leaps, as the bar is dragged.
  const height = await page.locator('[data-testid="table-files"] .table__view').evaluate((view) => view.scrollHeight);
  const measured = await scrolled(page, 'files', [100, 600, height / 70]);
  await grid.press('End');
  await page.getByTestId('table-files').locator(`[data-key="/file-${String(COUNT - 1).padStart(7, '0')}"]`).waitFor();
  await picture(page, 'many-files');
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`directory of ${COUNT} files: overview after ${overview} ms, all read after ${whole} ms, listed in ${listed} ms; ` +
    `${measured.said}; memory of page and worker ${mib(before)} before, ${mib(await memory(page))} after`);
  assert.ok(measured.most < 80, `${measured.most} rows in the document`);
  assertQuiet(watched);
  await close();
});
