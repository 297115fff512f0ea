// JSON Schemas for people: what a value is, within which bounds, and what its members are.

/** An element with attributes and children; texts become texts, never markup. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === undefined) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

/** Paragraphs, with what stands between backticks as code. */
export function prose(text) {
  return (text ?? '').split(/\n\s*\n/).filter((part) => part.trim() !== '').map((part) =>
    element('p', {}, part.split('`').map((piece, index) => (index % 2 === 1 ? element('code', {}, piece) : piece))));
}

/** What a reference of the document leads to; anything else is itself. */
export function resolve(root, value) {
  let found = value;
  for (let step = 0; step < 16 && typeof found?.$ref === 'string' && found.$ref.startsWith('#/'); step += 1) {
    const names = found.$ref.slice(2).split('/').map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'));
    found = names.reduce((place, name) => place?.[name], root);
  }
  return found ?? {};
}

const bounds = [
  ['minimum', 'at least'], ['maximum', 'at most'], ['minLength', 'characters at least'], ['maxLength', 'characters at most'],
  ['minItems', 'elements at least'], ['maxItems', 'elements at most'], ['maxProperties', 'members at most'], ['pattern', 'matches'],
  ['format', 'format'], ['default', 'by default'],
];

/** The type, the bounds and the words for a schema in one line. */
function line(schema) {
  const parts = [];
  if (schema.const !== undefined) parts.push(JSON.stringify(schema.const));
  else if (schema.enum) parts.push(schema.enum.map((value) => JSON.stringify(value)).join(' | '));
  else if (schema.type) parts.push([schema.type].flat().join(' or '));
  else if (!schema.oneOf && !schema.anyOf) parts.push('any value');
  for (const [key, words] of bounds) {
    if (schema[key] !== undefined) parts.push(`${words} ${typeof schema[key] === 'string' ? schema[key] : JSON.stringify(schema[key])}`);
  }
  if (schema.uniqueItems) parts.push('each once');
  return parts.join(', ');
}

/** A schema with everything in it. What has a name of its own is a link to it. */
export function describe(schema) {
  if (typeof schema?.$ref === 'string') {
    const name = schema.$ref.split('/').pop();
    return element('a', { href: `#schema-${name}` }, name);
  }
  const whole = element('div', { class: 'schema' });
  const words = line(schema ?? {});
  if (words !== '') whole.append(element('code', {}, words));
  if (schema?.description) whole.append(' ', element('span', { class: 'soft' }, schema.description));
  const choices = schema?.oneOf ?? schema?.anyOf;
  if (choices) whole.append(element('p', { class: 'soft' }, 'one of'), element('ul', {}, choices.map((choice) => element('li', {}, describe(choice)))));
  const members = Object.entries(schema?.properties ?? {});
  if (members.length > 0) {
    whole.append(element('ul', {}, members.map(([name, member]) => element(
      'li', {}, element('code', {}, name), ' ', schema.required?.includes(name) ? element('span', { class: 'must' }, 'required') : null,
      describe(member)))));
  }
  if (typeof schema?.additionalProperties === 'object') {
    whole.append(element('p', { class: 'soft' }, 'every member'), describe(schema.additionalProperties));
  }
  if (schema?.items) whole.append(element('p', { class: 'soft' }, 'every element'), describe(schema.items));
  return whole;
}
