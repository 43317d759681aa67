// A directory of very many files: time to the overview, frames while it is scrolled, memory. CAREEN_MANY_FILES=1000000
// measures what is written down; less is enough to see that it works.

import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { after, test } from 'node:test';

import { assertQuiet, openPage, picture, quit, scratch, waitForState } from './browser.mjs';
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
  const measured = await page.evaluate(async () => {
    const view = document.querySelector('[data-testid="table-files"] .table__view');
    const frames = [];
    let most = 0;
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    // Slowly, as a wheel does it, by screens, and by leaps, as the bar is dragged.
    for (const step of [100, 600, view.scrollHeight / 70]) {
      let last = await frame();
      for (let n = 0; n < 60; n += 1) {
        view.scrollTop += step;
        const now = await frame();
        frames.push(now - last);
        last = now;
        most = Math.max(most, view.querySelectorAll('[data-key]').length);
      }
    }
    frames.sort((a, b) => a - b);
    const at = (share) => frames[Math.min(frames.length - 1, Math.floor(frames.length * share))];
    return { median: at(0.5), p95: at(0.95), worst: at(1), most };
  });
  await grid.press('End');
  await page.getByTestId('table-files').locator(`[data-key="/file-${String(COUNT - 1).padStart(7, '0')}"]`).waitFor();
  await picture(page, 'many-files');
  const ms = (value) => `${value.toFixed(1)} ms`;
  const mib = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(`directory of ${COUNT} files: overview after ${overview} ms, all read after ${whole} ms, listed in ${listed} ms; frames while ` +
    `scrolling: median ${ms(measured.median)}, 95th percentile ${ms(measured.p95)}, worst ${ms(measured.worst)}; ` +
    `at most ${measured.most} rows in the document; memory of page and worker ${mib(before)} before, ${mib(await memory(page))} after`);
  assert.ok(measured.most < 80, `${measured.most} rows in the document`);
  assertQuiet(watched);
  await close();
});
