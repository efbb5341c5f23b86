/** Files of messages. Their bytes are fetched with the visitor's token, pictures when they come into view. */
import { useEffect, useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { Problem, bytes } from '../api';
import type { Stored } from '../contract';
import { size } from '../draft';
import { Icon, useInView } from './parts';

/** blob: URLs by file, for as long as the panel lives. */
const fetched = new Map<number, Promise<string>>();

function pictureOf(file: Stored): Promise<string> {
  let url = fetched.get(file.id);
  if (!url) {
    url = bytes(`${file.url}${file.url.includes('?') ? '&' : '?'}inline=1`).then((blob) => URL.createObjectURL(blob));
    fetched.set(file.id, url);
    url.catch(() => fetched.delete(file.id));
  }
  return url;
}

async function save(file: Stored): Promise<void> {
  const url = URL.createObjectURL(await bytes(file.url));
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export function FileLink({ file }: { file: Stored }) {
  const [state, setState] = useState<'still' | 'busy' | 'failed'>('still');
  const take = (): void => {
    setState('busy');
    save(file).then(() => setState('still'), (problem: unknown) => {
      setState('failed');
      if (!(problem instanceof Problem)) throw problem;
    });
  };
  return (
    <button type="button" class="file" onClick={take} aria-busy={state === 'busy'} data-testid="panel-file">
      <Icon name="file" /><span class="clip"><span class="sr">{t('Download')} </span><bdi>{file.name}</bdi></span>
      <small role={state === 'failed' ? 'alert' : undefined}>{state === 'failed' ? t('Not loaded. Try again') : size(file.size)}</small>
    </button>
  );
}

export function Picture({ file, show }: { file: Stored; show: (url: string) => void }) {
  const [place, inView] = useInView<HTMLButtonElement>();
  const [url, setUrl] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!inView) return;
    let isHere = true;
    pictureOf(file).then((found) => { if (isHere) setUrl(found); }, (problem: unknown) => {
      if (isHere) setFailed(true);
      if (!(problem instanceof Problem)) throw problem;
    });
    return () => { isHere = false; };
  }, [inView, file.id]);
  if (failed) return <FileLink file={file} />;
  return (
    <button ref={place} type="button" class="picture" aria-busy={!url} onClick={() => { if (url) show(url); }} aria-label={t('Show picture {name}', { name: file.name })} data-testid="panel-picture">
      {url && <img src={url} alt={file.name} onError={() => setFailed(true)} />}
    </button>
  );
}

/** A picture over the whole panel. */
export function Lightbox({ file, url, close }: { file: Stored; url: string; close: () => void }) {
  return (
    <dialog class="lightbox" ref={(dialog) => { if (dialog && !dialog.open) dialog.showModal(); }} onClose={close} aria-label={file.name} data-testid="panel-lightbox"
      onClick={(event) => { if (event.target === event.currentTarget) event.currentTarget.close(); }}>
      <img src={url} alt={file.name} />
      <form method="dialog" class="lightbox-tools">
        <button type="button" class="tool" aria-label={t('Download {name}', { name: file.name })} onClick={() => { save(file).catch((problem: unknown) => { if (!(problem instanceof Problem)) throw problem; }); }}><Icon name="save" /></button>
        <button type="submit" class="tool" aria-label={t('Close')} data-testid="panel-lightbox-close"><Icon name="x" /></button>
      </form>
    </dialog>
  );
}
