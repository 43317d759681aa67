// Every route in both languages, both themes and both sizes: nothing fails, nothing is too wide, nothing stays English in
// Korean, and everybody can use it. The pictures are kept.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertAccessible, assertQuiet, careen, disk, openPage, pick, picture, quit } from './browser.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

test('every route in Korean and English, light and dark, wide and narrow', async () => {
  const { page, watched, close } = await openPage();
  await assertAccessible(page, 'before a disk is opened');
  await picture(page, 'first-en-light');
  await pick(page, tiny);
  const { images, containers, volumes, networks } = JSON.parse(careen('survey', tiny, '--json'));
  const [image] = images.filter(({ kind }) => kind !== 'intermediate');
  // What the disk itself says is in its own language.
  const onDisk = [careen('survey', tiny, '--json'), careen('history', tiny, image.id, '--json')].join('\n');
  const one = (route, found) => (found ? [`${route}/${encodeURIComponent(found)}`] : []);
  const routes = [
    'open', 'overview', 'images', ...one('images', image?.id), 'containers', ...one('containers', containers[0]?.id),
    ...one('log', containers[0]?.id), ...one('changes', containers[0]?.id), 'volumes', ...one('volumes', volumes[0]?.name),
    'networks', ...one('networks', networks[0]?.id), 'build-cache', 'files', 'files/fs/no-such-directory',
    'find/names?text=passwd', 'find/names', 'find/content?text=Package', 'packages', 'packages/matrix', 'packages/common', 'packages/unique',
    'packages/drift', 'packages/standard', 'space', 'timeline', 'findings', 'export', 'about',
  ];
  const shown = new Set(routes.map((route) => route.split(/[/?]/)[0]));
  const linked = await page.locator('[data-testid^="nav-"]').evaluateAll((all) => all.map((link) => link.dataset.testid.slice(4)));
  for (const route of linked) assert.ok(shown.has(route), `${route} is gone through`);

  const grounds = new Set();
  for (const theme of ['first', 'second']) {
    const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    grounds.add(colour);
    const shade = isDark(colour) ? 'dark' : 'light';
    for (const language of ['ko', 'en']) {
      await page.getByTestId(`lang-${language}`).first().click();
      assert.equal(await page.evaluate(() => document.documentElement.lang), language, theme);
      const text = await page.getByTestId('nav-overview').first().innerText();
      assert.equal(/[가-힣]/.test(text), language === 'ko', `${language}: ${text}`);
      for (const [width, height] of [[820, 1180], [1280, 720]]) {
        await page.setViewportSize({ width, height });
        for (const [at, route] of routes.entries()) {
          const where = `${route} at ${width}, ${shade}, ${language}`;
          await page.evaluate((hash) => { location.hash = hash; }, `#/${route}`);
          await settled(page);
          const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wider <= 0, `${where} is ${wider} pixels too wide`);
          if (language === 'ko') {
            const left = (await page.evaluate(english)).filter((text) => !onDisk.includes(text));
            assert.deepEqual(left, [], where);
          }
          await picture(page, `${route.replace(/%3A|[/?=]/g, '-').slice(0, 40)}-${language}-${shade}-${width}`);
          // Each route once in one of the two; a page that is accessible in one language and theme mostly is in the other.
          const isTurn = at % 2 ? shade === 'dark' && language === 'ko' : shade === 'light' && language === 'en';
          if (width === 1280 && isTurn) await assertAccessible(page, where);
        }
      }
    }
    await page.getByTestId('theme').first().click();
  }
  assert.equal(grounds.size, 2, 'two themes');

  // What was chosen is remembered.
  await page.getByTestId('lang-ko').first().click();
  await page.reload();
  await page.getByTestId('pick-disk').waitFor({ state: 'attached' });
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'ko');
  assertQuiet(watched);
  await close();
});

/** Waits until what the page shows has come, and is drawn. */
async function settled(page) {
  const drawn = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await drawn();
  await page.waitForFunction(() => !/Reading …|읽는 중…/.test(document.querySelector('main').innerText));
  await drawn();
}

/** Sentences of three English words and more that stand in the page in view, leaving out what comes from the disk. */
function english() {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.data.trim();
    const of = walk.currentNode.parentElement;
    const isData = of.closest('.mono, code, pre, kbd, .cell, option, select, noscript, script, .failure__reason, .failure__place');
    if (!isData && !/[가-힣]/.test(text) && /[a-z]{2,}( [a-z]{2,}){2,}/i.test(text)) found.push(text);
  }
  return found;
}

function isDark(colour) {
  const [red, green, blue] = colour.match(/\d+/g).map(Number);
  return red + green + blue < 3 * 128;
}
