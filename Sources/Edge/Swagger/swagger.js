// The page at /swagger: the edge's OpenAPI document, by tags. It asks its own edge for it and nobody for anything else.

import { describe, element, prose, resolve } from './schema.js';
import { trial } from './trial.js';

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const place = (id) => document.getElementById(id);

/** All operations, in the document's order. */
function operationsOf(root) {
  return Object.entries(root.paths).flatMap(([path, item]) => methods.filter((method) => item[method]).map((method) => {
    const operation = item[method];
    return { path, method, operation, id: `operation-${operation.operationId ?? `${method}-${path}`}`, tag: operation.tags?.[0] ?? 'other' };
  }));
}

function table(caption, heads, rows) {
  return element('div', { class: 'table' }, element(
    'table', { 'aria-label': caption }, element('thead', {}, element('tr', {}, heads.map((head) => element('th', { scope: 'col' }, head)))),
    element('tbody', {}, rows.map(([first, ...rest]) => element(
      'tr', {}, element('th', { scope: 'row' }, first), rest.map((cell) => element('td', {}, cell)))))));
}

function parameters(root, operation) {
  const rows = (operation.parameters ?? []).map((reference) => {
    const parameter = resolve(root, reference);
    return [
      parameter.name, `${parameter.in}${parameter.required ? ', required' : ''}`,
      [describe(parameter.schema), ...prose(parameter.description)],
    ];
  });
  return rows.length === 0 ? [] : [element('h4', {}, 'Parameters'), table('Parameters', ['Name', 'Where', 'What'], rows)];
}

function contents(content) {
  return Object.entries(content ?? {}).flatMap(([type, media]) => [
    element('p', { class: 'soft' }, type), describe(media.schema),
    media.example === undefined ? [] : [element('pre', { tabindex: 0, 'aria-label': 'Example' }, JSON.stringify(media.example, null, 2))],
  ].flat());
}

function body(root, operation) {
  if (!operation.requestBody) return [];
  const described = resolve(root, operation.requestBody);
  return [element('h4', {}, described.required ? 'Body, required' : 'Body'), ...contents(described.content)];
}

function answers(root, operation) {
  const rows = Object.entries(operation.responses ?? {}).map(([status, reference]) => {
    const answer = resolve(root, reference);
    const heads = Object.entries(answer.headers ?? {}).map(([name, header]) => element(
      'li', {}, element('code', {}, name), ' ', element('span', { class: 'soft' }, resolve(root, header).description ?? '')));
    return [status, [...prose(answer.description), heads.length > 0 ? element('ul', {}, heads) : null], contents(answer.content)];
  });
  return [element('h4', {}, 'Answers'), table('Answers', ['Status', 'When, with which headers', 'What'], rows)];
}

function drawOperation(root, { path, method, operation, id }) {
  const inside = element('div');
  const whole = element(
    'details', { class: 'operation', id }, element(
      'summary', {}, element(
        'h3', {}, element('span', { class: `method ${method}` }, method.toUpperCase()), element('span', { class: 'path' }, path), ' ',
        element('span', { class: 'soft' }, operation.summary ?? ''))), inside);
  // Most are never looked at.
  whole.addEventListener('toggle', () => {
    if (!whole.open || inside.hasChildNodes()) return;
    inside.append(
      ...prose(operation.description), ...parameters(root, operation), ...body(root, operation), ...answers(root, operation),
      element('h4', {}, 'Try it'), trial(root, path, method, operation));
  });
  return whole;
}

function draw(root) {
  const operations = operationsOf(root), known = (root.tags ?? []).map((tag) => tag.name);
  const tags = [...known, ...operations.map((one) => one.tag).filter((tag, index, all) => !known.includes(tag) && all.indexOf(tag) === index)];
  place('title').textContent = root.info.title;
  place('version').textContent = root.info.version;
  place('about').append(...prose(root.info.description));
  for (const tag of tags) {
    const own = operations.filter((one) => one.tag === tag);
    if (own.length === 0) continue;
    const words = (root.tags ?? []).find((one) => one.name === tag)?.description ?? '';
    const links = element('ul', {}, own.map((one) => element('li', { 'data-of': one.id }, element(
      'a', { href: `#${one.id}` }, element('span', { class: `method ${one.method}` }, one.method.toUpperCase()), one.path))));
    place('contents').append(element('section', { class: 'group' }, element('h2', {}, tag), links));
    place('operations').append(element(
      'section', { class: 'group', 'aria-labelledby': `tag-${tag}` }, element('h2', { id: `tag-${tag}` }, tag),
      element('p', { class: 'soft' }, words), own.map((one) => drawOperation(root, one))));
  }
  const models = Object.entries(root.components?.schemas ?? {}).map(([name, schema]) => element(
    'details', { class: 'model', id: `schema-${name}` }, element('summary', {}, element('h3', {}, name)), element('div', {}, describe(schema))));
  place('operations').append(element('section', { 'aria-labelledby': 'schemas' }, element('h2', { id: 'schemas' }, 'Schemas'), models));
  return operations;
}

/** Opens what the address names, and goes there. */
function follow() {
  const target = place(decodeURIComponent(location.hash.slice(1)));
  if (target?.tagName !== 'DETAILS') return;
  target.open = true;
  target.scrollIntoView();
  target.querySelector('summary').focus({ preventScroll: true });
}

function filter(operations) {
  const wanted = place('filter').value.trim().toLowerCase();
  let found = 0;
  for (const { path, method, operation, id, tag } of operations) {
    const words = `${method} ${path} ${tag} ${operation.operationId} ${operation.summary} ${operation.description}`.toLowerCase();
    const isMeant = words.includes(wanted);
    found += isMeant ? 1 : 0;
    place(id).hidden = !isMeant;
    document.querySelector(`[data-of="${CSS.escape(id)}"]`).hidden = !isMeant;
  }
  for (const group of document.querySelectorAll('.group')) {
    group.hidden = [...group.querySelectorAll('[data-of], .operation')].every((one) => one.hidden);
  }
  place('found').textContent = wanted === '' ? `${operations.length} operations` : `${found} of ${operations.length} operations`;
}

async function open() {
  try {
    const response = await fetch('/openapi.json');
    if (!response.ok) throw new Error(`the edge answers ${response.status}`);
    const operations = draw(await response.json());
    place('filter').addEventListener('input', () => filter(operations));
    filter(operations);
    addEventListener('hashchange', follow);
    follow();
  } catch (error) {
    place('fault').textContent = `The document cannot be shown: ${error.message}. Load the page again, or read /openapi.json.`;
    place('fault').hidden = false;
  }
}

await open();
