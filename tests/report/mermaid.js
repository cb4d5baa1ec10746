// Has Mermaid's own parser read diagrams, and draw them: `NODE_PATH=… node mermaid.js FILE.mmd…`, in
// Chromium, because it wants a document.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const puppeteer = require('puppeteer-core');

const CHROMIUM = process.env.CHROMIUM || '/usr/bin/chromium';

(async () => {
  const browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'], headless: true, protocolTimeout: 600_000 });
  const page = await browser.newPage();
  const said = [];
  page.on('dialog', (dialog) => { said.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => said.push(request.url()));
  await page.addScriptTag({ content: fs.readFileSync(require.resolve('mermaid/dist/mermaid.min.js'), 'utf8') });
  await page.evaluate(() => window.mermaid.initialize({ startOnLoad: false, maxTextSize: 10_000_000 }));
  for (const file of process.argv.slice(2)) {
    const source = fs.readFileSync(file, 'utf8');
    const arrows = source.split('\n').filter((line) => line.includes('->>')).length;
    const notes = source.split('\n').filter((line) => line.includes('Note over')).length;
    const found = await page.evaluate(async (text) => {
      const kind = (await window.mermaid.parse(text)).diagramType;
      const { svg } = await window.mermaid.render('drawn', text);
      const drawing = new DOMParser().parseFromString(svg, 'text/html');
      const all = (selector) => drawing.querySelectorAll(selector).length;
      return { kind, arrows: all('.messageText'), notes: all('rect.note'), scripts: all('script, img, iframe') };
    }, source);
    assert.deepStrictEqual(found, { kind: 'sequence', arrows, notes, scripts: 0 }, file);
    console.log(`${path.basename(file)}: ${arrows} arrows, ${notes} notes`);
  }
  assert.deepStrictEqual(said, [], 'nothing is fetched, nothing runs');
  await browser.close();
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
