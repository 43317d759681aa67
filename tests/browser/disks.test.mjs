// Real disks through the page: the same answers as from the native command, byte for byte.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, download, go, nativeFiles, openPage, pick, quit, stored } from './browser.mjs';

after(quit);

// One disk of each kind; those of the corpus when it is there.
const NAMES = [
  'cases/tiny', 'cases/qcow2-mbr', 'cases/crash-datajournal',
  'corpus/real', 'corpus/both', 'corpus/crash-logflush', 'corpus/crash-live',
  'variants/qcow2-zstd', 'variants/qcow2-extended-l2', 'variants/vhdx-4k', 'variants/ext4-vhdx-1t',
];

for (const { name, file } of NAMES.map(disk).filter(Boolean)) {
  test(`${name}: every package file is the native one`, async () => {
    const { page, watched, close } = await openPage();
    await pick(page, file);
    await go(page, 'packages');
    const files = nativeFiles(file);
    assert.ok(files.has('packages_by_image.csv'), 'the native command writes files');
    const same = (name, bytes, native) =>
      assert.ok(bytes.equals(native), `${name} differs: ${bytes.length} bytes, native ${native.length}`);
    // Lists of parts are many on a disk of many images; all of them are in the zip.
    const shown = [...files].filter(([name], at) => !name.startsWith('sbom/') || at > files.size - 3);
    for (const [name, native] of shown) same(name, await download(page, basename(name)), native);
    const zip = stored(await download(page, 'careen-packages.zip'));
    assert.deepEqual([...zip.keys()].sort(), [...files.keys()].sort());
    for (const [name, native] of files) same(name, zip.get(name), native);
    assertQuiet(watched);
    await close();
  });
}

test('a real VHDX: apt_matrix.csv and the rows of the tables', async () => {
  const { file } = disk('variants/docker-data-vhdx') ?? disk('cases/tiny');
  const { page, watched, close } = await openPage();
  await pick(page, file);

  await go(page, 'packages');
  const matrix = await download(page, 'apt_matrix.csv');
  assert.ok(matrix.equals(nativeFiles(file).get('apt_matrix.csv')));
  assert.match(matrix.toString(), /^package,/);

  const survey = JSON.parse(careen('survey', file, '--json'));
  const expected = {
    images: survey.images.filter((image) => image.kind !== 'intermediate').map((image) => image.id),
    containers: survey.containers.map((container) => container.id),
    volumes: survey.volumes.map((volume) => volume.name),
  };
  for (const [route, keys] of Object.entries(expected)) {
    await go(page, route);
    const rows = page.getByTestId(`table-${route}`).locator('[data-key]');
    await rows.first().waitFor();
    const shown = await rows.evaluateAll((all) => all.map((row) => row.dataset.key));
    assert.deepEqual([...shown].sort(), [...keys].sort(), route);
  }

  const findings = Number((await page.getByTestId('findings-count').first().innerText()).replace(/\D/g, ''));
  assert.equal(findings, survey.findings.length, 'findings');
  assertQuiet(watched);
  await close();
});

for (const { name, file } of ['cases/tiny', 'cases/crash-logflush'].map(disk).filter(Boolean)) {
  test(`${name}: the causes are those of the doctor`, async () => {
    const { page, watched, close } = await openPage();
    await pick(page, file);
    const { diagnoses } = JSON.parse(careen('doctor', file, '--json'));
    await go(page, 'findings');
    const cards = page.getByTestId('cause');
    await cards.first().waitFor();
    assert.deepEqual(await cards.evaluateAll((all) => all.map((card) => card.dataset.key)), diagnoses.map((it) => it.cause));
    assert.ok((await cards.first().innerText()).includes(diagnoses[0].next_step));

    // The overview says the first cause in words, unless nothing is wrong.
    await go(page, 'overview');
    await page.getByRole('heading', { level: 1 }).waitFor();
    const said = (await page.locator('main').innerText()).includes(diagnoses[0].title);
    assert.equal(said, diagnoses[0].cause !== 'nothing-wrong');
    assertQuiet(watched);
    await close();
  });
}
