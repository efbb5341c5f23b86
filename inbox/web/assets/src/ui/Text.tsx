/** Plain text with its web addresses as links. */
import { links } from './stream';

export function Text({ text }: { text: string }) {
  return <>{links(text).map((part, index) => (index % 2 ? <a key={index} class="link" href={part} target="_blank" rel="noopener noreferrer nofollow">{part}</a> : part))}</>;
}
