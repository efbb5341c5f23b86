/** Files of messages: pictures (several as an album), stickers, voice, sound and film in place; the rest as downloads. */
import { t } from '../core/i18n';
import { bytes } from '../core/numbers';
import type { Attachment } from '../core/types';
import { Icon } from './parts';

const PICTURE = /^image\/(png|jpe?g|gif|webp)$/;
const SOUND = /^audio\/(mpeg|ogg|mp4|aac|flac|x-wav)$/;
const FILM = /^video\/(mp4|webm)$/;
/** Some networks send these as files without a name; adapters call them so. */
const STICKER = /^sticker\b.*\.web[pm]$/;
const VOICE = /^voice\b/;
const ROUND = /^video-note\b/;
const WHY: Record<string, () => string> = {
  missing: () => t('did not come with it'), too_large: () => t('too large, not kept'), failed: () => t('could not be stored'),
};

const shown = (file: Attachment): string => `${file.url}?inline=1`;
const label = (file: Attachment): string => t('{name}, {size}', { name: file.name, size: bytes(file.size) });

export function Attachments({ items }: { items: Attachment[] }) {
  if (!items.length) return null;
  const here = items.filter((file) => !WHY[file.state ?? 'stored']);
  const pictures = here.filter((file) => PICTURE.test(file.media_type) && !STICKER.test(file.name));
  const others = items.filter((file) => !pictures.includes(file));
  return (
    <>
      {pictures.length > 0 && (
        <ul role="list" class={`pictures${pictures.length > 1 ? ' album' : ''}`} data-count={Math.min(pictures.length, 4)} aria-label={pictures.length > 1 ? t('Album') : t('Attachments')} data-testid={pictures.length > 1 ? 'album' : undefined}>
          {pictures.map((file) => <li key={file.id} data-testid="attachment" data-state="stored"><Picture file={file} /></li>)}
        </ul>
      )}
      {others.length > 0 && <ul role="list" class="files" aria-label={t('Attachments')}>{others.map((file) => <Other key={file.id} file={file} />)}</ul>}
    </>
  );
}

function Picture({ file }: { file: Attachment }) {
  return (
    <a class="picture" href={shown(file)} target="_blank" rel="noopener" title={label(file)}>
      <img src={shown(file)} alt={t('Picture {name}', { name: file.name })} loading="lazy" /><span class="clip name"><bdi>{file.name}</bdi></span></a>
  );
}

function Other({ file }: { file: Attachment }) {
  const why = WHY[file.state ?? 'stored']?.();
  if (why) return <li class="file lost" data-testid="attachment" data-state={file.state}><Icon name="alert" /><span class="clip">{file.name}</span><small>{why}</small></li>;
  return <li class={player(file) ? 'player' : undefined} data-testid="attachment" data-state="stored">{player(file) ?? <Download file={file} />}</li>;
}

function player(file: Attachment) {
  if (STICKER.test(file.name) && PICTURE.test(file.media_type)) return <img class="sticker" src={shown(file)} alt={t('Sticker')} loading="lazy" data-testid="sticker" />;
  if (FILM.test(file.media_type)) {
    const sticker = STICKER.test(file.name);
    return <video class={sticker ? 'sticker' : ROUND.test(file.name) ? 'round' : undefined} src={shown(file)} controls preload="metadata" playsInline aria-label={sticker ? t('Sticker') : t('Video {name}', { name: file.name })} data-testid="video" />;
  }
  if (SOUND.test(file.media_type)) {
    const voice = VOICE.test(file.name);
    return (
      <figure class="sound"><figcaption class="clip"><Icon name={voice ? 'mic' : 'music'} />{voice ? t('Voice message') : <bdi>{file.name}</bdi>}<small class="num">{bytes(file.size)}</small>
        <a href={file.url} download={file.name} class="tool" aria-label={t('Download {name}', { name: file.name })}><Icon name="download" /></a></figcaption>
      <audio src={shown(file)} controls preload="none" aria-label={voice ? t('Voice message') : t('Sound {name}', { name: file.name })} data-testid="audio" /></figure>
    );
  }
  return null;
}

const Download = ({ file }: { file: Attachment }) => (
  <a class="file" href={file.url} download={file.name}><span class="sr">{t('Download')}</span><Icon name={/pdf|text|word/.test(file.media_type) ? 'file-text' : 'file'} /><span class="clip"><bdi>{file.name}</bdi></span><small class="num">{bytes(file.size)}</small></a>
);

const PLACE = /^(?<words>[\s\S]*?)\n?(?<lat>-?\d{1,2}\.\d{3,}), (?<lon>-?\d{1,3}\.\d{3,})\n(?<map>https:\/\/www\.openstreetmap\.org\/\S+)$/;
/** A place that was sent: its words, if any, and where it is on the map. */
export function placeOf(text: string): { words: string; point: string; map: string } | null {
  const found = PLACE.exec(text)?.groups;
  return found ? { words: found['words']?.trim() ?? '', point: `${found['lat']}, ${found['lon']}`, map: found['map'] ?? '' } : null;
}

export function Place({ place }: { place: { words: string; point: string; map: string } }) {
  return (
    <a class="place" href={place.map} target="_blank" rel="noopener noreferrer nofollow" data-testid="place">
      <span class="pin"><Icon name="pin" /></span>
      <span class="grow"><b dir="auto">{place.words.split('\n')[0] || t('Location')}</b>{place.words.split('\n').slice(1).map((line) => <span key={line} dir="auto">{line}</span>)}<small class="num" dir="ltr">{place.point}</small></span>
      <span class="go">{t('Open the map')}<Icon name="external" /></span></a>
  );
}
