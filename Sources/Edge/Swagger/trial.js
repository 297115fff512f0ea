// Trying an operation out: a form for its parameters and its body, and what the edge answers.

import { element, resolve } from './schema.js';

const shownCharacters = 200_000;
let forms = 0;

/** A labelled field. */
function field(label, input) {
  forms += 1;
  input.id = `field-${forms}`;
  return [element('label', { for: input.id }, label), input];
}

function parameterInput(parameter) {
  const schema = parameter.schema ?? {};
  if (schema.enum) {
    const values = parameter.required ? schema.enum : ['', ...schema.enum.filter((value) => value !== '')];
    return element('select', {}, values.map((value) => element('option', { value }, value === '' ? '(leave out)' : String(value))));
  }
  return element('input', {
    type: 'text', autocomplete: 'off', spellcheck: 'false', required: parameter.required === true,
    value: parameter.required ? parameter.example ?? '' : undefined, placeholder: parameter.example ?? '',
  });
}

/** The path with its parameters filled in, and the query. */
function address(path, inputs) {
  let filled = path;
  const query = new URLSearchParams();
  for (const { parameter, input } of inputs) {
    if (parameter.in === 'path') filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    if (parameter.in === 'query' && input.value !== '') query.append(parameter.name, input.value);
  }
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function headersOf(inputs, more, type) {
  const headers = [];
  for (const { parameter, input } of inputs) {
    if (parameter.in === 'header' && input.value !== '') headers.push([parameter.name, input.value]);
  }
  for (const text of more.split('\n')) {
    const colon = text.indexOf(':');
    if (colon > 0) headers.push([text.slice(0, colon).trim(), text.slice(colon + 1).trim()]);
  }
  if (type) headers.push(['Content-Type', type]);
  return headers;
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The same request for a shell. */
function curl(method, url, headers, body) {
  const parts = ['curl -i', method === 'GET' ? '' : `-X ${method}`, ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`)];
  if (body !== undefined) parts.push(`--data-binary ${quoted(body)}`);
  return [...parts.filter((part) => part !== ''), quoted(new URL(url, location.origin).href)].join(' ');
}

/** Shows the text of an answer as it comes, which may be a stream without an end. */
async function readInto(place, response) {
  const reader = response.body?.getReader(), decoder = new TextDecoder();
  let text = '';
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    place.textContent = text.slice(0, shownCharacters);
    if (text.length > shownCharacters) {
      await reader.cancel();
      place.textContent += '\n… and more';
      return;
    }
  }
  if ((response.headers.get('content-type') ?? '').includes('json')) {
    try { place.textContent = JSON.stringify(JSON.parse(text), null, 2); } catch { /* It stays as it came. */ }
  }
}

/** A body's field, with its examples to choose from; nothing when the operation has no body. */
function bodyFields(root, operation) {
  const body = resolve(root, operation.requestBody);
  const [type, media] = Object.entries(body.content ?? {})[0] ?? [];
  if (!type) return { parts: [], type: undefined, input: undefined };
  const input = element('textarea', { spellcheck: 'false' });
  const examples = Object.entries(media.examples ?? {});
  const parts = [];
  if (examples.length > 0) {
    const choice = element('select', {}, examples.map(([name]) => element('option', { value: name }, name)));
    const take = () => { input.value = JSON.stringify(resolve(root, media.examples[choice.value]).value, null, 2); };
    choice.addEventListener('change', take);
    take();
    parts.push(...field('Example', choice));
  }
  parts.push(...field(`Body (${type})`, input));
  return { parts, type, input };
}

/** The form for one operation. */
export function trial(root, path, method, operation) {
  const verb = method.toUpperCase();
  const inputs = (operation.parameters ?? []).map((reference) => {
    const parameter = resolve(root, reference);
    return { parameter, input: parameterInput(parameter) };
  });
  const body = bodyFields(root, operation), more = element('textarea', { spellcheck: 'false', placeholder: 'Accept: application/json;profile=code' });
  const send = element('button', { type: 'submit' }, 'Send'), stop = element('button', { type: 'button', disabled: true }, 'Stop');
  const status = element('p', { role: 'status' }), line = element('pre', { tabindex: 0, 'aria-label': 'The request for a shell', hidden: true });
  const heads = element('pre', { tabindex: 0, 'aria-label': 'Headers of the answer', hidden: true });
  const text = element('pre', { tabindex: 0, 'aria-label': 'Body of the answer', hidden: true });
  const form = element(
    'form', { class: 'trial', autocomplete: 'off' },
    inputs.flatMap(({ parameter, input }) => field(`${parameter.name} (${parameter.in}${parameter.required ? ', required' : ''})`, input)),
    body.parts, element('details', {}, element('summary', {}, 'Other headers'), field('One a line', more)), send, stop, status, line, heads, text);

  let current = null;
  stop.addEventListener('click', () => current?.abort());
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    current?.abort();
    const control = new AbortController();
    current = control;
    const content = body.input && body.input.value !== '' ? body.input.value : undefined;
    const url = address(path, inputs), headers = headersOf(inputs, more.value, content === undefined ? undefined : body.type);
    line.textContent = curl(verb, url, headers, content);
    line.hidden = false;
    heads.hidden = text.hidden = true;
    status.textContent = 'Asking…';
    stop.disabled = false;
    const begun = performance.now();
    try {
      const response = await fetch(url, { method: verb, headers, body: content, signal: control.signal, cache: 'no-store' });
      status.textContent = `${response.status} ${response.statusText} after ${Math.round(performance.now() - begun)} ms`;
      heads.textContent = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
      text.textContent = '';
      heads.hidden = text.hidden = false;
      await readInto(text, response);
      text.hidden = text.textContent === '';
    } catch (error) {
      status.textContent = error.name === 'AbortError' ? 'Stopped.' : `No answer: ${error.message}`;
    }
    if (current === control) stop.disabled = true;
  });
  return form;
}
