// Packages across images: the matrix against a yardstick, groups, the standard set with pins, where a package comes from.

import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { assertQuiet, careen, go, nativeFiles, openPage, pick, picture, quit, scratch, scrolled } from './browser.mjs';
import { makeManyPackages, packageName } from './many-packages.mjs';

after(quit);

const demo = join(scratch(), 'demo.vhdx');
writeFileSync(demo, gunzipSync(readFileSync(new URL('../../www/demo/careen-demo.vhdx.gz', import.meta.url))));
const native = nativeFiles(demo);

/** Rows of a CSV file without quotes. */
const csv = (bytes) => bytes.toString().trimEnd().split('\r\n').map((line) => line.split(','));
const [[, ...images], ...apt] = csv(native.get('apt_matrix.csv'));

const row = (page, table, key) => page.locator(`[data-testid="table-${table}"] [data-key="${key}"]`);
const keys = (page, table) =>
  page.locator(`[data-testid="table-${table}"] [data-key]`).evaluateAll((all) => all.map(({ dataset }) => dataset.key));
const cells = (page, table, key) =>
  row(page, table, key).locator('[role="gridcell"]').evaluateAll((all) => all.map((cell) => cell.innerText.trim()));

/** What a table saves of itself: exactly what is shown. */
async function saved(page, table) {
  const button = page.locator(`[data-testid="table-${table}"]`).getByRole('button', { name: 'Export what is shown' });
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return csv(readFileSync(await download.path()));
}

async function show(page, tab) {
  await page.evaluate((it) => { location.hash = `#/packages/${it}`; }, tab);
}

test('the matrix is held against a yardstick, and saves what it shows', async () => {
  const { page, watched, close } = await openPage({ viewport: { width: 1280, height: 2600 } });
  await pick(page, demo);
  await show(page, 'matrix/apt');
  await row(page, 'matrix', 'apt/apt').waitFor();
  assert.deepEqual(await keys(page, 'matrix'), apt.map(([name]) => `apt/${name}`));
  // Two images have the older curl, one the newer; two the newer libc6, one the older.
  assert.deepEqual(await cells(page, 'matrix', 'apt/curl'),
    ['curl', '2/3', '7.88.1-10+deb12u5', '↑ 7.88.1-10+deb12u8', '7.88.1-10+deb12u5']);
  assert.deepEqual(await cells(page, 'matrix', 'apt/libc6'),
    ['libc6', '2/3', '2.36-9+deb12u9', '2.36-9+deb12u9', '↓ 2.36-9+deb12u4']);
  assert.equal(await row(page, 'matrix', 'apt/libc6').locator('.version').nth(2).getAttribute('title'), '2.36-9+deb12u4 (older)');
  assert.deepEqual(await cells(page, 'matrix', 'apt/nginx'), ['nginx', '1/3', '·', '1.22.1-9', '·']);
  assert.deepEqual(await saved(page, 'matrix'),
    [['Package', 'Agree', ...images], ...apt.map(([name, ...versions]) => [name, agreeing(versions), ...versions])]);

  // Another image as the yardstick stands first, and the others lack or have besides.
  await page.getByTestId('yardstick').selectOption('hanbit/api:1.4');
  await row(page, 'matrix', 'apt/nginx').getByText('−').first().waitFor();
  assert.deepEqual(await cells(page, 'matrix', 'apt/nginx'), ['nginx', '1/3', '1.22.1-9', '−', '−']);
  assert.deepEqual(await cells(page, 'matrix', 'apt/git'), ['git', '0/3', '·', '+ 1:2.39.2-1.1', '+ 1:2.39.2-1.1']);
  assert.deepEqual(await cells(page, 'matrix', 'apt/curl'),
    ['curl', '1/3', '7.88.1-10+deb12u8', '↓ 7.88.1-10+deb12u5', '↓ 7.88.1-10+deb12u5']);
  await page.getByTestId('only-different').check();
  await row(page, 'matrix', 'apt/nginx').waitFor({ state: 'detached' });
  const drifting = csv(native.get('version_drift.csv')).slice(1).filter(([of]) => of === 'apt').map(([, name]) => name);
  assert.deepEqual((await keys(page, 'matrix')).sort(), drifting.map((name) => `apt/${name}`).sort());
  const shown = await saved(page, 'matrix');
  assert.deepEqual(shown[0], ['Package', 'Agree', '★ hanbit/api:1.4', 'hanbit/analysis:2.1', 'hanbit/trainer:0.9']);
  assert.equal(shown.length, drifting.length + 1);
  await picture(page, 'matrix-yardstick');

  // An ecosystem, and a name.
  await page.getByRole('link', { name: 'conda', exact: true }).click();
  await row(page, 'matrix', 'conda/python').waitFor();
  await page.getByTestId('only-different').uncheck();
  await page.getByTestId('table-matrix').getByRole('searchbox').fill('gdal');
  await row(page, 'matrix', 'conda/python').waitFor({ state: 'detached' });
  assert.deepEqual(await keys(page, 'matrix'), ['conda/gdal']);
  assertQuiet(watched);
  await close();
});

/** How many images have the version that most have, as the table writes it. */
function agreeing(versions) {
  const counts = new Map();
  for (const version of versions.filter(Boolean)) counts.set(version, (counts.get(version) ?? 0) + 1);
  return `${Math.max(...counts.values())}/${versions.length}`;
}

test('packages of one source stand together', async () => {
  const { page, watched, close } = await openPage();
  const disk = makeManyPackages(scratch(), 3, 40);
  await pick(page, disk);
  await show(page, 'matrix/apt');
  await row(page, 'matrix', `apt/${packageName(0)}`).waitFor();
  await page.getByTestId('by-source').check();
  const group = row(page, 'matrix', 'apt/source:source-1');
  await group.waitFor();
  assert.equal((await keys(page, 'matrix')).length, 10, 'forty packages of ten sources');
  // Packages 4, 5, 6 and 7; the last one has another version in each image, and the first image counts.
  assert.deepEqual(await cells(page, 'matrix', 'apt/source:source-1'),
    ['▸ source-1 (4)', '1/3', '4 versions', '≠ 4 versions', '≠ 4 versions']);
  await group.click();
  await row(page, 'matrix', `apt/${packageName(5)}`).waitFor();
  assert.equal((await keys(page, 'matrix')).length, 14);
  await picture(page, 'matrix-groups');
  await group.click();
  await row(page, 'matrix', `apt/${packageName(5)}`).waitFor({ state: 'detached' });
  assertQuiet(watched);
  await close();
});

test('the standard set follows a rule, and what the person pins', async () => {
  const { page, watched, close } = await openPage({ viewport: { width: 1280, height: 4200 } });
  await pick(page, demo);
  await show(page, 'standard');
  await row(page, 'standard', 'apt/apt').waitFor();
  const whole = csv(native.get('standard_set.csv')).slice(1);
  const versions = async () => (await saved(page, 'standard')).slice(1).map(([name, of, version]) => [of, name, version]);
  assert.deepEqual(await versions(), whole.map(([of, name, version]) => [of, name, version]));
  // Of curl most images have the older one.
  await page.getByTestId('standard-rule').selectOption('most-used');
  await row(page, 'standard', 'apt/curl').getByText('most images have it').waitFor();
  assert.deepEqual(await cells(page, 'standard', 'apt/curl'),
    ['curl', 'apt', '7.88.1-10+deb12u5', 'most images have it', '1', '3']);
  // One of the versions in use, and one of the person's own.
  await row(page, 'standard', 'pip/numpy').click();
  await page.getByRole('button', { name: 'Pin version 1.24.3' }).click();
  await row(page, 'standard', 'pip/numpy').getByText('pinned by you').waitFor();
  assert.deepEqual(await cells(page, 'standard', 'pip/numpy'), ['numpy', 'pip', '1.24.3', 'pinned by you', '2', '3']);
  await row(page, 'standard', 'pip/requests').click();
  await page.getByRole('textbox', { name: 'Another version' }).fill('2.32.0');
  await page.getByRole('button', { name: 'Pin', exact: true }).last().click();
  await row(page, 'standard', 'pip/requests').getByText('2.32.0').waitFor();
  await picture(page, 'standard-pinned');
  // They survive a reload.
  await page.reload();
  await pick(page, demo);
  await show(page, 'standard/pip');
  await row(page, 'standard', 'pip/requests').getByText('2.32.0').waitFor();
  assert.ok((await keys(page, 'standard')).every((key) => key.startsWith('pip/')));
  await page.getByRole('button', { name: 'Let all go' }).click();
  await row(page, 'standard', 'pip/requests').getByText('2.31.0').waitFor();
  assertQuiet(watched);
  await close();
});

test('a package tells the line that brought it and its files', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, demo);
  const image = JSON.parse(careen('images', demo, '--json')).find(({ names }) => names.includes('hanbit/api:1.4'));
  await page.evaluate((id) => { location.hash = `#/packages/list?image=${id}`; }, image.id);
  await page.getByTestId('table-packages').getByRole('searchbox').fill('Jinja2');
  await row(page, 'packages', 'pip/Jinja2').click();
  const package_ = JSON.parse(careen('packages', demo, '--of', `image:${image.id}`, '--json'))
    .find(({ ecosystem, package: its }) => ecosystem === 'pip' && its === 'Jinja2');
  const history = JSON.parse(careen('history', demo, image.id, '--json'));
  const step = history.find(({ Layer }) => Layer === package_.layer);
  assert.ok(step, 'the layer is in the history');
  assert.equal(await page.getByTestId('brought-by').getAttribute('title'), step.CreatedBy);
  await page.getByTestId('files-of-package').click();
  await page.getByTestId('files-sum').waitFor();
  const files = JSON.parse(careen('packages', demo, '--of', `image:${image.id}`, '--files', 'owned', '--json'));
  const paths = files.filter((file) => file.ecosystem === 'pip' && file.package === 'Jinja2').map(({ path }) => path);
  assert.ok(paths.length > 2);
  const shown = await page.locator('.package-files li').evaluateAll((all) => all.map(({ dataset }) => dataset.path));
  assert.deepEqual(shown.sort(), paths.sort());
  await picture(page, 'package-files');
  assertQuiet(watched);
  await close();
});

/** How many images and packages the large matrix has; 20 and 20000 when it is measured. */
const [LARGE_IMAGES, LARGE_PACKAGES] = (process.env.CAREEN_MATRIX ?? '20x4000').split('x').map(Number);

test('a large matrix is scrolled', async () => {
  const disk = makeManyPackages(scratch(), LARGE_IMAGES, LARGE_PACKAGES);
  const { page, watched, close } = await openPage({ viewport: { width: 1280, height: 720 } });
  const start = Date.now();
  await pick(page, disk);
  const read = Date.now() - start;
  await show(page, 'matrix/apt');
  await row(page, 'matrix', `apt/${packageName(0)}`).waitFor();
  const rowCount = await page.getByTestId('table-matrix').getByRole('grid').getAttribute('aria-rowcount');
  assert.equal(Number(rowCount), LARGE_PACKAGES + 1);
  // Slowly, as a wheel does it, then by screens, as someone who looks for something.
  const measured = await scrolled(page, 'matrix', [100, 600]);
  console.log(`matrix of ${LARGE_IMAGES} images and ${LARGE_PACKAGES} packages: read in ${(read / 1000).toFixed(1)} s; ${measured.said}`);
  assert.ok(measured.most < 80, `${measured.most} rows in the document`);
  // What is asked for is what is shown, at the end too.
  await page.getByTestId('table-matrix').getByRole('grid').press('End');
  await row(page, 'matrix', `apt/${packageName(LARGE_PACKAGES - 1)}`).waitFor();
  await picture(page, 'matrix-large');
  assertQuiet(watched);
  await close();
});
