// Several files: a disk and what it was made upon, in any order and one after another.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, go, openPage, pick, picture, quit, scratch, waitForState } from './browser.mjs';
import { writeChild } from './vhdx.mjs';

after(quit);

const tiny = disk('cases/tiny').file;
const folder = scratch();
const child = join(folder, 'docker_data.avhdx');
writeChild(child, tiny, {
  relative_path: `..\\${basename(tiny)}`,
  absolute_win32_path: `C:\\Users\\kim\\AppData\\Local\\Docker\\wsl\\disk\\${basename(tiny)}`,
});
const note = join(folder, 'notes.txt');
writeFileSync(note, 'not a disk\n'.repeat(1000));

const header = (page) => page.locator('.header__disk').innerText();

async function imagesOf(page) {
  await go(page, 'images');
  const rows = page.getByTestId('table-images').locator('[data-key]');
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => row.dataset.key).sort());
}

test('a disk names the file it was made upon, takes it, and is read with it', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, tiny);
  const images = await imagesOf(page);

  const input = page.getByTestId('pick-disk');
  await input.setInputFiles(child);
  assert.equal(await waitForState(page, 'failed', 'complete'), 'failed');
  const needs = page.getByTestId('needs-file');
  await needs.waitFor();
  assert.equal(await needs.locator('.needs__name').innerText(), basename(tiny));
  const said = await needs.innerText();
  for (const path of ['..\\', 'C:\\Users\\kim\\AppData\\Local\\Docker\\wsl\\disk\\']) {
    assert.ok(said.includes(path + basename(tiny)), said);
  }
  for (const [language, size] of [['ko', [1280, 720]], ['en', [820, 1180]]]) {
    await page.getByTestId(`lang-${language}`).first().click();
    await page.setViewportSize({ width: size[0], height: size[1] });
    await picture(page, `needs-file-${language}-light-${size[0]}`);
    await page.getByTestId('theme').first().click();
    await picture(page, `needs-file-${language}-dark-${size[0]}`);
    await page.getByTestId('theme').first().click();
  }
  await page.setViewportSize({ width: 1440, height: 900 });

  // A file that is not the wanted one changes nothing.
  await input.setInputFiles(note);
  await needs.getByText('notes.txt').waitFor();
  assert.equal(await waitForState(page, 'failed', 'complete'), 'failed');

  await input.setInputFiles(tiny);
  assert.equal(await waitForState(page, 'failed', 'complete'), 'complete');
  assert.equal(await header(page), basename(child));
  assert.deepEqual(await imagesOf(page), images);
  await go(page, 'overview');
  await page.locator('.fact', { hasText: basename(tiny) }).waitFor();
  assertQuiet(watched);
  await close();
});

test('a disk and what it was made upon, picked together, are one disk', async () => {
  const { page, watched, close } = await openPage();
  for (const files of [[tiny, child], [child, tiny], [note, tiny, child]]) {
    await pick(page, files);
    assert.equal(await header(page), basename(child));
    await imagesOf(page);
  }
  await page.getByText('notes.txt').waitFor();
  assertQuiet(watched);
  await close();
});

test('several disks stand side by side, and one of them is chosen', async () => {
  const other = disk('corpus/real') ?? disk('cases/qcow2-mbr');
  const { page, watched, close } = await openPage();
  const input = page.getByTestId('pick-disk');
  await input.setInputFiles([tiny, other.file]);
  const sides = page.getByTestId('side-by-side');
  await sides.waitFor({ timeout: 120_000 });
  await waitForState(page, 'complete');

  const said = JSON.parse(careen('compare', tiny, other.file, '--json'));
  const row = async (name) => {
    const found = sides.locator('tr', { has: page.getByRole('rowheader', { name, exact: true }) }).first();
    return found.locator('td').allInnerTexts();
  };
  for (const [name, field] of [['Images', 'images'], ['Containers', 'containers'], ['Volumes', 'volumes']]) {
    assert.deepEqual((await row(name)).map(Number), said.disks.map((one) => one[field]), name);
  }
  const apart = [...said.images, ...said.containers, ...said.volumes].filter((one) => one.disks.length === 1);
  const keys = await page.getByTestId('table-apart').locator('[data-key]').evaluateAll((all) => all.map((it) => it.dataset.key));
  assert.deepEqual(keys, apart.map((one) => one.id).slice(0, 200));

  for (const [language, width, height] of [['ko', 1280, 720], ['en', 820, 1180]]) {
    await page.getByTestId(`lang-${language}`).first().click();
    await page.setViewportSize({ width, height });
    for (const shade of ['light', 'dark']) {
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wider <= 0, `${wider} pixels too wide at ${width}`);
      await picture(page, `side-by-side-${language}-${shade}-${width}`);
      await page.getByTestId('theme').first().click();
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });

  await page.getByTestId('open-disk-1').click();
  assert.equal(await waitForState(page, 'failed', 'reading', 'complete') !== 'failed', true);
  await page.getByTestId('nav-images').click();
  await page.getByTestId('table-images').locator('[data-key]').first().waitFor();
  assert.equal(await header(page), basename(other.file));
  // The side by side stays, to choose another one.
  await go(page, 'open');
  await page.getByTestId('open-disk-0').click();
  await imagesOf(page);
  assert.equal(await header(page), basename(tiny));
  assertQuiet(watched);
  await close();
});

test('a disk that cannot be opened stands beside those that can', async () => {
  const { page, watched, close } = await openPage();
  const orphan = join(folder, 'orphan.avhdx');
  writeChild(orphan, tiny, { relative_path: 'somewhere\\else.vhdx' }, 7);
  await page.getByTestId('pick-disk').setInputFiles([tiny, orphan]);
  const sides = page.getByTestId('side-by-side');
  await sides.getByText('else.vhdx').first().waitFor();
  await picture(page, 'side-by-side-refused');
  await page.getByTestId('open-disk-0').click();
  await imagesOf(page);
  assert.equal(await header(page), basename(tiny));
  assertQuiet(watched);
  await close();
});

test('a state that was kept inside the file is opened in place of the active one', async () => {
  const { page, watched, close } = await openPage();
  const file = join(folder, 'kept.qcow2');
  // The active state loses what lies in the middle; the snapshot has it.
  execFileSync('qemu-img', ['convert', '-O', 'qcow2', disk('cases/qcow2-mbr').file, file]);
  execFileSync('qemu-img', ['snapshot', '-c', 'before', file]);
  execFileSync('qemu-io', ['-c', `write -z ${(64 << 20) + (1 << 20)} 1M`, file]);
  await page.getByTestId('pick-disk').setInputFiles(file);
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  await page.locator('.answer__line').filter({ hasText: 'earlier states of this disk: before' }).waitFor();
  await picture(page, 'snapshots');
  await page.getByTestId('snapshot').filter({ hasText: 'before' }).getByRole('button').click();
  await page.locator('.answer__line').filter({ hasText: 'snapshot before' }).waitFor();
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  assert.deepEqual(await imagesOf(page), JSON.parse(careen('images', '--json', '--snapshot', 'before', file)).map(({ id }) => id).sort());
  await go(page, 'overview');
  await page.getByTestId('snapshot').first().getByRole('button').click();
  await page.locator('.answer__line').filter({ hasText: 'snapshot before' }).waitFor({ state: 'detached' });
  assertQuiet(watched);
  await close();
});
