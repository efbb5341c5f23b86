/** HTML of messages, which the server has made safe, as elements of ours: what is not on these lists becomes its text. */
import { type ComponentChild, h } from 'preact';

const TAGS = new Set(['a', 'b', 'strong', 'i', 'em', 'u', 's', 'code', 'pre', 'br', 'p', 'div', 'span', 'ul', 'ol', 'li', 'blockquote', 'h1', 'h2', 'h3', 'h4', 'hr']);
/** Not even their text is for reading. */
const DROPPED = new Set(['script', 'style', 'template', 'title', 'head', 'noscript', 'iframe', 'object', 'svg', 'math']);
const LINK = /^(https?:|mailto:|tel:)/i;
const URLS = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/gi;

export function link(url: string, ...inside: ComponentChild[]): ComponentChild {
  return h('a', { href: url, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...inside);
}

/** Parsed apart from the page: nothing in it is loaded or run. */
export const fromHtml = (html: string): ComponentChild[] => children(new DOMParser().parseFromString(html, 'text/html').body);

const children = (node: Node): ComponentChild[] => [...node.childNodes].map(one);

function one(node: Node): ComponentChild {
  if (node.nodeType === Node.TEXT_NODE) return node.textContent;
  if (!(node instanceof Element)) return null;
  const name = node.localName;
  if (DROPPED.has(name)) return null;
  const inside = children(node);
  if (name === 'a') {
    const href = node.getAttribute('href') ?? '';
    return LINK.test(href) ? link(href, ...inside) : h('span', null, ...inside);
  }
  return h(TAGS.has(name) ? name : 'span', null, ...inside);
}

/** Plain text with its addresses as links. */
export function fromText(text: string): ComponentChild[] {
  const parts: ComponentChild[] = [];
  let at = 0;
  for (const match of text.matchAll(URLS)) {
    parts.push(text.slice(at, match.index), link(match[0], match[0]));
    at = match.index + match[0].length;
  }
  return [...parts, text.slice(at)];
}
