/** How the visitor can be reached when he has left: his address, asked after the first message, and a code from his
 *  mailbox, which proves it is his; and other channels on which he can go on. */
import { signal } from '@preact/signals';
import { useState } from 'preact/hooks';
import { t } from '../../../core/i18n';
import { post } from '../api';
import type { Boot, CodeSent, Link, LinkMade } from '../contract';
import { keep, onKept } from '../kept';
import { isAddress } from '../rules';
import { accept, words } from '../session';
import { links, messages, needsEmail, pending, visitor } from '../store';
import { Icon } from './parts';

const isSkipped = signal(false);
onKept(({ skipped }) => { isSkipped.value = skipped ?? false; });
const sent = signal<CodeSent | null>(null);

/** Note an address; the server sends a code to it. Raises Problem. */
export async function giveAddress(address: string): Promise<void> {
  sent.value = await post<CodeSent>('/email', { address: address.trim() });
  visitor.value = { ...visitor.peek(), email: sent.peek()?.address ?? address };
}

function AskAddress() {
  const [address, setAddress] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!isAddress(address)) return setError(t('Please enter a whole e-mail address.'));
    setBusy(true);
    setError('');
    try {
      await giveAddress(address);
    } catch (problem) {
      setError(words(problem));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="card" onSubmit={(event) => void submit(event)} noValidate data-testid="panel-email">
      <label for="email"><b>{t('Where may we answer if you leave?')}</b></label>
      <div class="field">
        <input id="email" type="email" autocomplete="email" inputMode="email" dir="ltr" placeholder={t('you@example.com')} value={address} onInput={(event) => setAddress(event.currentTarget.value)} aria-invalid={Boolean(error)} aria-describedby={error ? 'email-error' : undefined} data-testid="panel-email-input" />
        <button type="submit" class="btn" aria-disabled={busy} data-testid="panel-email-save">{t('Save')}</button>
      </div>
      {error && <p class="wrong" id="email-error" role="alert">{error}</p>}
      <button type="button" class="link" onClick={() => { isSkipped.value = true; keep('skipped', true); }} data-testid="panel-email-skip">{t('Not now')}</button>
    </form>
  );
}

function AskCode({ to }: { to: CodeSent }) {
  const [code, setCode] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const confirm = async (digits: string): Promise<void> => {
    setBusy(true);
    setError('');
    try {
      accept(await post<Boot>('/email/confirm', { code: digits }));
      sent.value = null;
    } catch (problem) {
      setError(words(problem));
      setCode('');
    } finally {
      setBusy(false);
    }
  };
  const type = (typed: string): void => {
    const digits = typed.replace(/\D/g, '').slice(0, 6);
    setCode(digits);
    if (digits.length === 6 && !busy) void confirm(digits);
  };
  return (
    <form class="card" onSubmit={(event) => { event.preventDefault(); if (code.length === 6) void confirm(code); }} data-testid="panel-code">
      <label for="code"><b>{t('Enter the code from your mailbox')}</b></label>
      <p class="muted">{t('We have sent six digits to {address}. With them you see your earlier messages here.', { address: to.address })}</p>
      <div class="field">
        <input id="code" class="code" inputMode="numeric" autocomplete="one-time-code" maxLength={11} dir="ltr" value={code} onInput={(event) => type(event.currentTarget.value)} aria-invalid={Boolean(error)} aria-describedby={error ? 'code-error' : undefined} aria-busy={busy} data-testid="panel-code-input" />
      </div>
      {error && <p class="wrong" id="code-error" role="alert">{error}</p>}
      <button type="button" class="link" onClick={() => { sent.value = null; }} data-testid="panel-code-skip">{t('Skip')}</button>
    </form>
  );
}

function Continue({ link }: { link: Link }) {
  const [url, setUrl] = useState('');
  const [error, setError] = useState('');
  const go = async (): Promise<void> => {
    setError('');
    // Opened now, while the click counts; browsers block what opens after an answer came.
    const tab = window.open('about:blank', '_blank');
    try {
      const made = await post<LinkMade>('/link', { channel_id: link.channel_id });
      if (tab) {
        tab.opener = null;
        tab.location.replace(made.url);
      } else setUrl(made.url);
    } catch (problem) {
      tab?.close();
      setError(words(problem));
    }
  };
  if (link.continued) return <p class="chip is-done" data-testid="panel-continued"><Icon name="check" />{t('Continued in {channel}', { channel: link.title })}</p>;
  if (url) return <a class="chip" href={url} target="_blank" rel="noopener noreferrer" onClick={() => setUrl('')} data-testid="panel-continue-open"><Icon name="out" />{t('Open {channel}', { channel: link.title })}</a>;
  return (
    <>
      <button type="button" class="chip" onClick={() => void go()} data-testid="panel-continue" data-channel={link.channel_id}><Icon name="out" />{t('Continue in {channel}', { channel: link.title })}</button>
      {error && <p class="wrong" role="alert">{error}</p>}
    </>
  );
}

export function Contact() {
  const { email, email_proved: isProved } = visitor.value;
  // Before the first message there is nothing to answer.
  if (!messages.value.length && !pending.value.length) return null;
  // Outside of hours the composer asks, and does not take no for an answer.
  const asks = !email && needsEmail.value === 'ask';
  return (
    <>
      {asks && !isSkipped.value && <AskAddress />}
      {sent.value?.sent && <AskCode to={sent.value} />}
      <div class="chips">
        {email && <p class="chip is-done" data-testid="panel-address"><Icon name={isProved ? 'check' : 'mail'} /><bdi>{email}</bdi></p>}
        {asks && isSkipped.value && <button type="button" class="chip" onClick={() => { isSkipped.value = false; keep('skipped', null); }} data-testid="panel-email-show"><Icon name="mail" />{t('Get answers by e-mail')}</button>}
        {links.value.map((link) => <Continue key={link.channel_id} link={link} />)}
      </div>
    </>
  );
}
