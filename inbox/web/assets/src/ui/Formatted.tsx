/** What agents write in the Markdown subset, as its reader sees it. */
import type { ComponentChild } from 'preact';
import { useMemo } from 'preact/hooks';
import { type Leaf, isPlain, parse } from '../core/markup';
import { Text } from './Text';

export function Formatted({ text }: { text: string }) {
  const tree = useMemo(() => (isPlain(text) ? null : parse(text)), [text]);
  return tree ? <div class="formatted">{tree.map(draw)}</div> : <Text text={text} />;
}

function draw(leaf: Leaf, index: number): ComponentChild {
  if (typeof leaf === 'string') return leaf;
  const [tag, value, children] = leaf;
  const inside = children.map(draw);
  switch (tag) {
    case 'a': return <a key={index} class="link" href={value ?? ''} target="_blank" rel="noopener noreferrer nofollow">{inside}</a>;
    case 'br': return <br key={index} />;
    case 'ol': return <ol key={index} start={value ? Number(value) : 1}>{inside}</ol>;
    default: {
      const Tag = tag;
      return <Tag key={index} dir={tag === 'p' || tag === 'li' ? 'auto' : undefined}>{inside}</Tag>;
    }
  }
}
