/**
 * The functions with which the views make elements. Text is only ever set as text.
 * @module
 */

/** @typedef {Node | string | null | undefined | false} Child */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element with its properties, attributes (those with a dash, `role` and `for`), listeners (`on…`) and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, unknown>} [props] @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), /** @type {EventListener} */ (value));
    else if (key === 'class') element.className = String(value);
    else if (key in element && !key.includes('-') && key !== 'list') /** @type {any} */ (element)[key] = value;
    else element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** @param {string} path An icon's path on a grid of 16. @returns {SVGSVGElement} */
export function icon(path) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'path');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** @param {Element} element @param {string} text Set only when it changes, so that nothing is read out twice. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {Element} element @param {...Child} children */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined && child !== false));
}

/** The head of a section of the page. @param {string} id @param {string} title @param {...Child} beside */
export function head(id, title, ...beside) {
  return h(
    'header',
    { class: 'head' },
    h('span', { class: 'bead', 'aria-hidden': 'true' }),
    h('h2', { id: `${id}-title` }, title),
    ...beside,
    h('span', { class: 'thread', 'aria-hidden': 'true' }),
  );
}

/** Markup from the core's own catalog (equations), never from a file. @param {string} markup @returns {Node[]} */
export function formula(markup) {
  return [...new DOMParser().parseFromString(markup, 'text/html').body.childNodes].map((node) => document.importNode(node, true));
}

/**
 * A button that unfolds another element.
 * @param {{label: string, controls: string, open: () => boolean, toggle: () => void}} options
 */
export function unfolder({ label, controls, open, toggle }) {
  const button = h(
    'button',
    { type: 'button', class: 'link unfold', 'aria-controls': controls, 'aria-expanded': 'false', onclick: toggle },
    label,
    icon('M4 6l4 4 4-4'),
  );
  return { button, update: () => button.setAttribute('aria-expanded', String(open())) };
}

/** @param {Blob} blob @param {string} name A file to save on the person's machine. */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  h('a', { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** @param {...string} parts @returns {string} A file name that is safe everywhere. */
export function safeName(...parts) {
  const name = parts
    .map((part) =>
      part
        .normalize('NFKD')
        .replace(/[^A-Za-z0-9_-]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 40),
    )
    .filter(Boolean)
    .join('-');
  return /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name) || !name ? `unrolled-${name}` : name;
}
