/** The Markdown subset that agents write, as a tree. It repeats inbox/contract/markup.py, so that a reply is seen here
 *  as its receiver sees it; tests/rules/test_markup_twin.py holds both together. Pure. */

/** A text, or a tag with its attribute (an address, a list's first number) and what is inside. */
export type Leaf = string | [tag: Tag, attribute: string | null, children: Leaf[]];
export type Tag = 'p' | 'br' | 'strong' | 'em' | 'code' | 'pre' | 'a' | 'ul' | 'ol' | 'li' | 'blockquote';

// eslint-disable-next-line no-control-regex
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]/gu;
const LINE_ENDS = /\r\n|\r|\u2028|\u2029/g;
const FENCE = /^ {0,3}```[^`]{0,40}$/;
const QUOTE = /^ {0,3}> ?/;
const BULLET = /^ {0,3}[-*+] +(?=\S)/;
const NUMBER = /^ {0,3}(\d{1,6})[.)] +(?=\S)/;
const SAFE = /^(?:https?:\/\/[^\s<>"]+|mailto:[^\s<>"]+|tel:\+?[0-9().-]+)$/i;
const MAIL = '[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9])?@[A-Za-z0-9-]{1,63}(?:\\.[A-Za-z0-9-]{1,63}){1,8}';
const W = '[\\p{L}\\p{N}_]';
const INLINE = new RegExp([
  '\\\\(?<literal>[\\\\`*_\\[\\]()>#+.!~\\-])',
  '(?<ticks>`{1,3})(?<code>[^`\\n]{1,2000})\\k<ticks>',
  '\\[(?<label>[^\\[\\]\\n]{1,500})\\]\\((?<target>[^\\s()<>"]{1,2000}(?:\\([^\\s()<>"]{0,200}\\)[^\\s()<>"]{0,200})?)\\)',
  `(?<url>(?<!${W})https?://[^\\s<>"\`]{1,2000})`,
  `(?<mail>(?<![\\p{L}\\p{N}_.+\\-])${MAIL.replaceAll('-]', '\\-]')}(?![\\p{L}\\p{N}_\\-]))`,
  '\\*\\*(?<bold>[^\\s*](?:[^*\\n]{0,2000}[^\\s*])?)\\*\\*',
  `(?<![*\\p{L}\\p{N}_])\\*(?<star>[^\\s*](?:[^*\\n]{0,2000}[^\\s*])?)\\*(?![*\\p{L}\\p{N}_])`,
  `(?<!${W})_(?<under>[^\\s_](?:[^_\\n]{0,2000}[^\\s_])?)_(?!${W})`,
].join('|'), 'gu');
const DEPTH_MAX = 6;
const TAB = 4;

export function parse(text: string): Leaf[] {
  return blocks(lines(text), 0);
}

function lines(text: string): string[] {
  return text.replace(LINE_ENDS, '\n').replace(CONTROLS, '').split('\n').map(expand);
}

function expand(line: string): string {
  let out = '';
  for (const part of line.split(/(\t)/)) out += part === '\t' ? ' '.repeat(TAB - [...out].length % TAB) : part;
  return out;
}

function blocks(all: string[], depth: number): Leaf[] {
  const out: Leaf[] = [];
  for (let index = 0; index < all.length;) {
    const line = all[index] as string;
    if (!line.trim()) {
      index += 1;
    } else if (FENCE.test(line)) {
      const close = all.findIndex((found, at) => at > index && FENCE.test(found));
      const end = close < 0 ? all.length : close;
      out.push(['pre', null, [['code', null, [`${all.slice(index + 1, end).join('\n')}\n`]]]]);
      index = end + 1;
    } else if (QUOTE.test(line) && depth < DEPTH_MAX) {
      const end = run(all, index, (found) => QUOTE.test(found));
      out.push(['blockquote', null, blocks(all.slice(index, end).map((found) => found.replace(QUOTE, '')), depth + 1)]);
      index = end;
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const first = NUMBER.exec(line)?.[1];
      const list = points(all, index, first === undefined ? BULLET : NUMBER);
      out.push([first === undefined ? 'ul' : 'ol', first === undefined || Number(first) === 1 ? null : String(Number(first)), list.items]);
      index = list.end;
    } else {
      const end = run(all, index + 1, (found) => found.trim() !== '' && !startsBlock(found, depth));
      out.push(['p', null, broken(all.slice(index, end))]);
      index = end;
    }
  }
  return out;
}

const startsBlock = (line: string, depth: number): boolean =>
  FENCE.test(line) || (QUOTE.test(line) && depth < DEPTH_MAX) || BULLET.test(line) || NUMBER.test(line);

function run(all: string[], from: number, belongs: (line: string) => boolean): number {
  let index = from;
  while (index < all.length && belongs(all[index] as string)) index += 1;
  return index;
}

/** The points of a list from `index` on; indented lines continue a point. */
function points(all: string[], from: number, mark: RegExp): { end: number; items: Leaf[] } {
  const items: Leaf[] = [];
  let index = from;
  for (let found; index < all.length && (found = mark.exec(all[index] as string));) {
    const end = run(all, index + 1, (line) => line.startsWith('  ') && line.trim() !== '');
    items.push(['li', null, broken([(all[index] as string).slice(found[0].length), ...all.slice(index + 1, end)])]);
    index = end;
  }
  return { end: index, items };
}

function broken(all: string[]): Leaf[] {
  return all.flatMap((line, index) => (index ? [['br', null, []] as Leaf, ...inline(line.trim())] : inline(line.trim())));
}

function inline(text: string): Leaf[] {
  const out: Leaf[] = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > from) out.push(text.slice(from, match.index));
    out.push(...span(match[0], match.groups ?? {}));
    from = match.index + match[0].length;
  }
  if (from < text.length) out.push(text.slice(from));
  return out;
}

function span(whole: string, part: Record<string, string | undefined>): Leaf[] {
  if (part['literal'] !== undefined) return [part['literal']];
  if (part['code'] !== undefined) return [['code', null, [part['code'].trim()]]];
  if (part['label'] !== undefined && part['target'] !== undefined) return SAFE.test(part['target']) ? [['a', part['target'], [part['label']]]] : [whole];
  if (part['url'] !== undefined) {
    const [address, rest] = trim(part['url']);
    return rest ? [['a', address, [address]], rest] : [['a', address, [address]]];
  }
  if (part['mail'] !== undefined) return [['a', `mailto:${part['mail']}`, [part['mail']]]];
  const slanted = part['bold'] === undefined;
  return [[slanted ? 'em' : 'strong', null, inline(part['bold'] ?? part['star'] ?? part['under'] ?? '')]];
}

/** Split punctuation that ends the sentence, and a closing bracket without its opening one, off an address. */
function trim(address: string): [string, string] {
  let end = address.length;
  const opens = (): boolean => {
    const head = address.slice(0, end);
    return head.split('(').length < head.split(')').length;
  };
  while (end > 10 && (".,;:!?'*_".includes(address[end - 1] as string) || (address[end - 1] === ')' && opens()))) end -= 1;
  return [address.slice(0, end), address.slice(end)];
}

/** Whether a text has any mark at all; without one it can be shown as it is. */
export const isPlain = (text: string): boolean => !/[\\`*_[>#]|^ {0,3}(?:[-+]|\d+[.)]) /m.test(text);
