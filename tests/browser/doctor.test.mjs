// The look at every file, which the page takes when it is asked to.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { assertQuiet, careen, go, openPage, pick, quit, scratch, waitForState } from './browser.mjs';

after(quit);

/** Runs a program of e2fsprogs. */
function run(...words) {
  const path = `${process.env.PATH}:/usr/sbin:/sbin`;
  const done = spawnSync(words[0], words.slice(1), { env: { ...process.env, PATH: path } });
  assert.equal(done.status, 0, `${words.join(' ')}: ${done.stderr}`);
}

test('what only a look at every file shows is found as the command finds it', async () => {
  const folder = scratch();
  const files = join(folder, 'files');
  mkdirSync(files);
  for (const name of ['kept', 'nameless']) writeFileSync(join(files, name), name);
  const disk = join(folder, 'disk.raw');
  run('mke2fs', '-q', '-F', '-t', 'ext4', '-d', files, disk, '8M');
  // The name goes, the file stays.
  run('debugfs', '-w', '-R', 'unlink /nameless', disk);

  const { page, watched, close } = await openPage();
  await pick(page, disk);
  await go(page, 'findings');
  const codes = async () => (await page.getByTestId('table-findings').innerText()).match(/[a-z0-9]+(-[a-z0-9]+)+/g) ?? [];
  assert.ok(!(await codes()).includes('ext4-strays'));
  await page.getByTestId('check-files').click();
  await page.getByTestId('checked').waitFor();
  assert.equal(await waitForState(page, 'complete', 'failed'), 'complete');
  const doctor = JSON.parse(careen('doctor', disk, '--json'));
  assert.ok(doctor.findings.some((finding) => finding.code === 'ext4-strays'), 'the command finds it');
  await page.getByText('ext4-strays').first().waitFor();
  await page.getByText(doctor.diagnoses[0].title).first().waitFor();
  assertQuiet(watched);
  await close();
});
