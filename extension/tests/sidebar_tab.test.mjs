// The sidebar entry, on a ComfyUI page and a document made of plain objects.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

const source = await readFile(new URL('../web/comfytrace.js', import.meta.url), 'utf8');
// Loaded as the browser does, as a module; ComfyUI's own script is not there.
const { attach, pageAddress } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

function makeElement(document, tag = 'div') {
  const element = { ownerDocument: document, tag, style: {}, children: [], textContent: '' };
  element.append = (...more) => element.children.push(...more);
  element.replaceChildren = (...all) => { element.children = all; };
  return element;
}

function makeDocument() {
  const document = {};
  document.createElement = (tag) => makeElement(document, tag);
  return document;
}

function makeApp(settings = {}) {
  const app = { extensions: [], tabs: [] };
  app.registerExtension = (extension) => app.extensions.push(extension);
  app.extensionManager = { registerSidebarTab: (tab) => app.tabs.push(tab), setting: { get: (id) => settings[id] } };
  return app;
}

function shown(app) {
  attach(app);
  app.extensions[0].setup();
  const element = makeElement(makeDocument());
  app.tabs[0].render(element);
  return element.children[0].children;
}

test('it is one tab that leads to the default address in a window of its own', () => {
  const app = makeApp();
  const [link, address] = shown(app);
  assert.equal(app.tabs.length, 1);
  assert.equal(app.tabs[0].type, 'custom');
  assert.equal(link.tag, 'a');
  assert.equal(link.href, 'http://127.0.0.1:8199/');
  assert.equal(link.target, '_blank');
  assert.match(link.rel, /noopener/);
  assert.equal(address.textContent, 'http://127.0.0.1:8199/');
  assert.equal(app.extensions[0].settings[0].defaultValue, 'http://127.0.0.1:8199');
});

test('the address is what the user set', () => {
  const [link] = shown(makeApp({ 'comfytrace.address': ' https://studio.example:9000/x ' }));
  assert.equal(link.href, 'https://studio.example:9000/x');
});

test('what is no address of a web page becomes no link', () => {
  for (const address of ['javascript:alert(1)', 'file:///etc/passwd', 'no address']) {
    const children = shown(makeApp({ 'comfytrace.address': address }));
    assert.deepEqual(children.map((child) => child.tag), ['p'], address);
  }
});

test('a tab that is shown again is made anew, not added to', () => {
  const app = makeApp();
  attach(app);
  app.extensions[0].setup();
  const element = makeElement(makeDocument());
  app.tabs[0].render(element);
  app.tabs[0].render(element);
  assert.equal(element.children.length, 1);
});

test('a ComfyUI without these interfaces is left alone', () => {
  for (const extensionManager of [undefined, {}, { registerSidebarTab: 1 }]) {
    const app = { ...makeApp(), extensionManager };
    attach(app);
    app.extensions[0].setup();
    assert.deepEqual(app.tabs, []);
    assert.equal(pageAddress(app), 'http://127.0.0.1:8199/');
  }
  const warnings = [];
  const { warn } = console;
  console.warn = (...words) => warnings.push(words);
  try {
    attach({});
    attach(undefined);
  } finally {
    console.warn = warn;
  }
  assert.equal(warnings.length, 2);
});
