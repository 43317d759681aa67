// Every button, switch and fold of every route is pressed once: nothing fails, nothing leaves, and the page goes on.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { assertQuiet, careen, disk, openPage, pick, quit } from './browser.mjs';

after(quit);

const tiny = disk('cases/tiny').file;

/** What can be pressed. Links go where the routes are, and those are gone through elsewhere. */
const PRESSED = '.main button:enabled, .main summary, .main input[type="checkbox"]:enabled, .header button:enabled';

/** The kind of each thing that can be pressed: rows of a table have the same buttons. Runs in the page, which keeps them. */
const kinds = (all) => (window.pressable = all).map((one) => {
  const words = one.dataset.testid ?? one.getAttribute('aria-label') ?? one.title ?? '';
  const shown = one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0;
  const place = one.closest('[role="row"], .chips') ? '' : one.closest('[data-testid]')?.dataset.testid ?? '';
  const isOfMany = one.closest('[role="row"], li, .chips') && one.tagName !== 'SUMMARY';
  const name = isOfMany ? '' : words || one.innerText;
  return shown ? `${place} ${one.tagName} ${one.className} ${name}` : '';
});

test('everything that can be pressed is pressed', async () => {
  const { page, watched, close } = await openPage();
  await pick(page, tiny);
  const { images, containers, volumes, networks } = JSON.parse(careen('survey', tiny, '--json'));
  const image = images.find(({ kind }) => kind !== 'intermediate').id;
  const routes = [
    'overview', `images/${encodeURIComponent(image)}`, `containers/${containers[0].id}`, `log/${containers[0].id}`,
    `changes/${containers[0].id}`, `volumes/${encodeURIComponent(volumes[0].name)}`, `networks/${networks[0].id}`, 'build-cache',
    `files/${encodeURIComponent(`image:${image}`)}/etc`, 'find/names?text=passwd', 'find/content?text=Package', 'packages',
    'packages/matrix', 'packages/common', 'packages/unique', 'packages/drift', 'packages/standard', 'space', 'timeline',
    'findings', 'export', 'about', 'open',
  ];
  let pressed = 0;
  for (const route of routes) {
    const done = new Set();
    // What is pressed may bring new things to press.
    for (let most = 60; most > 0; most -= 1) {
      await page.evaluate((hash) => { location.hash = hash; }, `#/${route}`);
      await page.waitForFunction(() => !/Reading …/.test(document.querySelector('main').innerText));
      const found = await page.locator(PRESSED).evaluateAll(kinds);
      const at = found.findIndex((kind) => kind && !done.has(kind));
      if (at < 0) break;
      done.add(found[at]);
      // Another disk is opened elsewhere.
      if (/open-demo|pick-|chosen-disk/.test(found[at])) continue;
      const one = await page.evaluateHandle((nth) => window.pressable[nth], at);
      try {
        await one.asElement().click({ timeout: 5_000 });
      } catch (error) {
        // What is under way may have taken it away in between.
        if (await one.evaluate((it) => it.isConnected && !it.disabled && it.checkVisibility())) {
          throw new Error(`${route}: ${found[at]}: ${error.message}`);
        }
        continue;
      }
      pressed += 1;
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      assert.deepEqual(watched.errors, [], `${route}: ${found[at]}`);
      await page.keyboard.press('Escape');
    }
  }
  console.log(`${pressed} pressed on ${routes.length} routes`);
  assert.ok(pressed > 80, `${pressed} pressed`);
  assertQuiet(watched);
  await close();
});
