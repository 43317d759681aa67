// What fills the disk, what builds left, and what volumes and networks tell: the page says what the command says.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, disks, go, openPage, pick, picture, quit } from './browser.mjs';

after(quit);

const place = disks.find(({ name }) => name === 'corpus/tiny') ?? disk('cases/tiny');

test('the space map goes into areas that add up, with a table beside it', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const { filesystems, images, prune } = JSON.parse(careen('space', place.file, '--json'));
  await go(page, 'space');
  const map = page.getByTestId('space-map');
  await map.waitFor();
  const rows = page.getByTestId('table-space').locator('[data-key]');
  const { area } = filesystems[0];
  assert.equal(await rows.count(), area.areas.length);
  assert.equal(area.areas.reduce((sum, { bytes }) => sum + bytes, 0), area.bytes);
  await picture(page, 'space');
  const areas = await map.locator('.map__area[data-depth="1"]').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().width * one.getBoundingClientRect().height));
  const shown = area.areas.filter(({ bytes }) => bytes > 0).slice(0, areas.length);
  const whole = areas.reduce((sum, one) => sum + one, 0);
  shown.forEach(({ bytes }, at) => assert.ok(Math.abs(areas[at] / whole - bytes / area.bytes) < 0.02, `${areas[at]} ${bytes}`));

  const into = area.areas.findIndex(({ areas: inner }) => inner.length > 1);
  await map.locator('.map__area[data-depth="1"]').nth(into).click({ position: { x: 8, y: 4 } });
  await page.waitForFunction((count) => document.querySelectorAll('[data-testid=table-space] [data-key]').length === count,
    Math.min(area.areas[into].areas.length, 30), { timeout: 5000 }).catch(() => undefined);
  assert.equal(new URL(page.url()).hash, `#/space/${into}`);
  await page.goBack();
  assert.equal(new URL(page.url()).hash, '#/space');
  assert.equal(await page.getByTestId('table-prune').locator('[data-key]').count(), prune.length);
  await page.getByTestId('table-space-images').getByText(`${images.length} rows`).waitFor();
  assertQuiet(watched);
  await close();
});

test('volumes tell where they were mounted, networks their addresses, the cache its steps', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, place.file);
  const survey = JSON.parse(careen('survey', place.file, '--json'));
  const volume = survey.volumes.find(({ mounts }) => mounts.length > 0);
  await page.evaluate((name) => { location.hash = `#/volumes/${name}`; }, volume.name);
  await page.locator('.detail').getByText(volume.mounts[0].path, { exact: true }).first().waitFor();
  await picture(page, 'volume-detail');
  const network = survey.networks.find(({ subnets }) => subnets.length > 0);
  await page.evaluate((id) => { location.hash = `#/networks/${id}`; }, network.id);
  await page.locator('.detail').getByText(network.subnets[0].subnet).first().waitFor();
  await picture(page, 'network-detail');
  await go(page, 'build-cache');
  const table = page.getByTestId('table-build-cache');
  await table.waitFor();
  if (survey.build_cache.length > 0) {
    await table.locator(`[data-key="${survey.build_cache[0].id}"]`).click();
    await page.locator('.detail').getByText(survey.build_cache[0].id).first().waitFor();
  }
  await picture(page, 'build-cache');
  assertQuiet(watched);
  await close();
});
