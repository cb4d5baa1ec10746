// Drives pages of `synack report` in Chromium as people do, by mouse and by keyboard, and has axe look at
// them: `npm install puppeteer-core axe-core` somewhere, then
// `NODE_PATH=THERE/node_modules node tests/report/drive.js PAGE.html…`. `SHOTS=FOLDER` keeps pictures.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const puppeteer = require('puppeteer-core');

const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';
// Milliseconds in which a page is to be seen.
const SOON = Number(process.env.SOON || 2000);

const painted = (page) => page.evaluate(() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(done));
}));
const texts = (page, selector) => page.$$eval(selector, (all) => all.map((node) => node.textContent));

// How long until the page is seen, the best of three.
async function opening(browser, url) {
  const times = [];
  for (let n = 0; n < 3; n += 1) {
    const page = await browser.newPage();
    await page.setViewport({ width: 1300, height: 900 });
    const begun = Date.now();
    await page.goto(url, { waitUntil: 'load' });
    await painted(page);
    times.push(Date.now() - begun);
    await page.close();
  }
  return Math.min(...times);
}

const trace = (...words) => { if (process.env.TRACE) console.error(...words); };

async function looks(browser, url, name) {
  for (const [kind, scheme, width] of [['light', 'light', 1300], ['dark', 'dark', 1300], ['narrow', 'light', 400]]) {
    const page = await browser.newPage();
    // For axe alone: the page's own policy lets nothing else run.
    await page.setBypassCSP(true);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width, height: 900 });
    await page.goto(url, { waitUntil: 'load' });
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert(wider <= 0, `${kind}: ${wider} pixels too wide`);
    if (process.env.SHOTS) await page.screenshot({ path: path.join(process.env.SHOTS, `${name}-${kind}.png`) });
    trace(kind);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run());
    assert.deepStrictEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [], kind);
    await page.close();
  }
}

async function sorting(page) {
  const heads = await page.$$('#table thead button');
  const rows = await page.evaluate(() => JSON.parse(document.getElementById('data').textContent).rows.length);
  for (const [n, head] of heads.entries()) {
    for (let times = 0; times < 2; times += 1) {
      await head.focus();
      await page.keyboard.press('Enter');
      const sort = await head.evaluate((button) => button.parentElement.getAttribute('aria-sort'));
      const cells = await texts(page, `#table tbody tr > :nth-child(${n + 1})`);
      assert.strictEqual(cells.length, Math.min(rows, 100));
      // Durations are texts: their order is that of the numbers behind them.
      if (n === 4 || n === 8) continue;
      const isNumber = cells.every((cell) => /^\d+$/.test(cell));
      const order = [...cells].sort((a, b) => (isNumber ? a - b : a < b ? -1 : a > b ? 1 : 0));
      assert.deepStrictEqual(cells, sort === 'ascending' ? order : order.reverse(), `column ${n} ${sort}`);
    }
  }
}

async function searching(page) {
  const [client] = await texts(page, '#table tbody td:nth-child(2)');
  await page.type('#search', client.replace('~', ''));
  assert((await texts(page, '#table tbody td:nth-child(2)')).every((cell) => cell.includes(client)));
  await page.evaluate(() => { document.getElementById('search').value = ''; });
  await page.type('#search', 'no such words');
  assert.strictEqual((await page.$$('#table tbody tr')).length, 0);
  assert((await texts(page, '[role=status]'))[0].startsWith('0 of 0 that match'));
  await page.click('#search', { count: 3 });
  await page.keyboard.press('Backspace');
  assert((await page.$$('#table tbody tr')).length > 0);
}

async function choosing(page) {
  const link = await page.$('#table tbody a');
  const number = await link.evaluate((a) => a.textContent);
  await link.focus();
  await page.keyboard.press('Enter');
  await page.waitForFunction((n) => document.querySelector(`#table a[aria-current]`)?.textContent === n, { polling: 50 }, number);
  await page.waitForFunction(() => document.activeElement.id === 'connection-heading', { polling: 50 });
  assert(await page.$('svg.ladder'));
}

async function bytes(page) {
  const pane = await page.$('.inside[open]');
  if (!pane) return;
  const lit = () => pane.$$eval('td.lit[data-at]', (all) => all.map((cell) => Number(cell.dataset.at)));
  const range = (row) => row.evaluate((tr) => {
    const [from, to] = [Number(tr.dataset.from), Number(tr.dataset.to)];
    const there = tr.closest('.inside').querySelectorAll('td[data-at]').length;
    return Array.from({ length: Math.min(to, there) - from }, (_, n) => from + n);
  });
  // A field by mouse and by keyboard.
  const row = await pane.$('.headers > details[open] tr[data-from]');
  const button = await row.$('button');
  await button.evaluate((node) => node.scrollIntoView({ block: 'center' }));
  await button.hover();
  assert.deepStrictEqual(await lit(), await range(row));
  await page.mouse.move(2, 2);
  assert.deepStrictEqual(await lit(), []);
  await button.focus();
  assert.deepStrictEqual(await lit(), await range(row));
  // The first byte, whose header is closed, and then its neighbours.
  const opened = () => pane.$$eval('.headers details', (all) => all[0].open);
  await pane.$eval('.headers details', (details) => { details.open = false; });
  const byte = await pane.$('td[data-at="0"]');
  await byte.evaluate((node) => node.scrollIntoView({ block: 'center' }));
  await byte.click();
  assert.strictEqual(await opened(), true);
  assert((await lit()).includes(0));
  for (const [key, at] of [['ArrowRight', 1], ['ArrowDown', 17], ['Home', 16], ['ArrowUp', 0], ['ArrowLeft', 0]]) {
    await page.keyboard.press(key);
    const now = await page.evaluate(() => document.activeElement.dataset.at);
    assert.strictEqual(Number(now), at, key);
    assert((await lit()).includes(at));
  }
  assert.strictEqual((await pane.$$('td[tabindex="0"]')).length, 1);
}

async function ladder(page) {
  const arrow = await page.$('svg.ladder [data-packet]:last-of-type text');
  if (!arrow) return;
  const packet = await arrow.evaluate((text) => text.closest('[data-packet]').dataset.packet);
  await arrow.evaluate((text) => text.scrollIntoView({ block: 'center', inline: 'center' }));
  await arrow.click();
  await page.waitForFunction((id) => document.activeElement.id === id, { polling: 50 }, `p${packet}`);
}

(async () => {
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'], headless: true, protocolTimeout: 600_000 });
  for (const file of process.argv.slice(2)) {
    const url = pathToFileURL(path.resolve(file)).href;
    const soon = await opening(browser, url);
    console.log(`${file}: seen after ${soon} ms`);
    assert(soon < SOON, 'late');
    const page = await browser.newPage();
    const said = [];
    page.on('pageerror', (error) => said.push(error.message));
    page.on('console', (message) => said.push(message.text()));
    page.on('dialog', (dialog) => said.push(`a dialog: ${dialog.message()}`));
    page.on('request', (request) => { if (request.url().split('#')[0] !== url) said.push(request.url()); });
    await page.setViewport({ width: 1300, height: 900 });
    await page.goto(url, { waitUntil: 'load' });
    await page.bringToFront();
    for (const step of [sorting, searching, choosing, bytes, ladder]) {
      trace(step.name);
      await step(page);
    }
    assert.deepStrictEqual(said, [], 'nothing is fetched, nothing goes wrong');
    await page.close();
    await looks(browser, url, path.basename(file, '.html'));
    console.log(`${file}: well`);
  }
  await browser.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
