/** An HTML mail on its own light canvas: a sandboxed frame without scripts, as high as its content. Remote images stay
 *  blocked until somebody asks for them. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, tn } from '../core/i18n';
import { Icon } from './parts';

export function MailFrame({ id, name }: { id: number; name: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const watch = useRef<ResizeObserver | null>(null);
  const [blocked, setBlocked] = useState(0);
  const [images, setImages] = useState(false);

  const fit = (): void => {
    const page = frame.current?.contentDocument;
    if (!frame.current || !page?.body) return;
    const height = Math.ceil(Math.max(page.body.scrollHeight, page.body.getBoundingClientRect().height));
    frame.current.style.blockSize = `${Math.min(height + 2, 20_000)}px`;
  };
  const loaded = (): void => {
    const page = frame.current?.contentDocument;
    if (!page?.body) return;
    setBlocked(Number(page.documentElement.dataset['blockedImages'] ?? 0));
    fit();
    watch.current?.disconnect();
    watch.current = new ResizeObserver(fit);
    watch.current.observe(page.body);
  };
  useEffect(() => {
    // A page from the cache may be there before the listener was.
    if (frame.current?.contentDocument?.readyState === 'complete' && frame.current.contentDocument.URL !== 'about:blank') loaded();
    return () => watch.current?.disconnect();
  }, [images]);

  return (
    <div class="mail">
      {blocked > 0 && !images && (
        <div class="mail-images"><Icon name="image" /><span class="grow">{tn(blocked, '{n} remote image is not loaded, so that the sender does not learn that you read this.', '{n} remote images are not loaded, so that the sender does not learn that you read this.')}</span>
          <button type="button" class="btn small" onClick={() => setImages(true)} data-testid="show-images">{t('Show remote images')}</button></div>
      )}
      <iframe ref={frame} src={`/messages/${id}/body${images ? '?images=1' : ''}`} sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox" loading="lazy"
        referrerpolicy="no-referrer" title={t('Mail from {name}', { name })} onLoad={loaded} data-testid="mail-body" />
    </div>
  );
}
