/** Small helps for server-rendered pages; every page works without them.
 *  [data-reveal="#id"]  button that shows or hides a password field
 *  [data-confirm="…"]   form or submit button that asks before it submits (the form's own csrf field goes with it)
 *  [data-copy="#id"]    button that copies a field's value or an element's text; data-done is the word shown after it
 *  [data-generate="#id"] button that puts a new random secret into a field
 *  [data-theme-set]     buttons system | light | dark; the choice is a cookie, so that the server renders it without a flash
 *  [data-busy]          form whose submit button turns busy, and is pressed once only
 *  [data-square="96"]   field for a picture, which is cut to its middle and made that small before it is sent
 *  [data-refresh="2"]   element with an id that is looked up anew every so many seconds, as long as it says so  */

const all = <T extends HTMLElement>(selector: string): T[] => [...document.querySelectorAll<T>(selector)];

for (const button of all<HTMLButtonElement>('[data-reveal]')) {
  const field = document.querySelector<HTMLInputElement>(button.dataset.reveal ?? '');
  if (!field) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'password';
    field.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
    field.focus();
  });
}

document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  const button = event.submitter as HTMLButtonElement | null;
  const question = button?.dataset.confirm ?? form.dataset.confirm;
  if (form.dataset.sent || (question && !window.confirm(question))) {
    event.preventDefault();
    return;
  }
  if ('busy' in form.dataset) {
    form.dataset.sent = 'yes';
    button?.setAttribute('aria-busy', 'true');
  }
});
// A page taken back from the browser's cache must be usable again.
window.addEventListener('pageshow', () => {
  for (const form of all<HTMLFormElement>('form[data-sent]')) {
    delete form.dataset.sent;
    form.querySelector('[aria-busy]')?.removeAttribute('aria-busy');
  }
});

for (const button of all<HTMLButtonElement>('[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    const source = document.querySelector<HTMLElement>(button.dataset.copy ?? '');
    if (!source) return;
    await navigator.clipboard.writeText('value' in source ? String(source.value) : source.innerText.trim());
    const label = button.textContent;
    button.textContent = button.dataset.done ?? label;
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}

for (const button of all<HTMLButtonElement>('[data-generate]')) {
  const field = document.querySelector<HTMLInputElement>(button.dataset.generate ?? '');
  if (!field) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    const bytes = crypto.getRandomValues(new Uint8Array(24));
    field.value = btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_');
    field.select();
  });
}

/** Three of them fit into what a visitor's first open of the chat may weigh. */
const PICTURE_BYTES = 3500;

/** The middle of a picture as a square of `side` pixels, turned as its camera held it; drawn anew, it tells nothing else. */
async function square(file: File, side: number): Promise<File> {
  const picture = await createImageBitmap(file);
  const part = Math.min(picture.width, picture.height);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const pen = canvas.getContext('2d');
  if (!pen) return file;
  pen.imageSmoothingQuality = 'high';
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, side, side);
  pen.drawImage(picture, (picture.width - part) / 2, (picture.height - part) / 2, part, part, 0, 0, side, side);
  picture.close();
  let drawn: Blob | null = null;
  for (let quality = 0.8; quality > 0.2 && (!drawn || drawn.size > PICTURE_BYTES); quality -= 0.15) {
    drawn = await new Promise<Blob | null>((done) => { canvas.toBlob(done, 'image/jpeg', quality); });
  }
  return drawn ? new File([drawn], 'photo.jpg', { type: drawn.type }) : file;
}

for (const field of all<HTMLInputElement>('input[type=file][data-square]')) {
  field.addEventListener('change', async () => {
    const file = field.files?.[0];
    if (!file) return;
    field.setCustomValidity('…');
    try {
      const chosen = new DataTransfer();
      chosen.items.add(await square(file, Number(field.dataset.square)));
      field.files = chosen.files;
    } catch { /* no picture that this browser knows: the server says what it takes */ }
    field.setCustomValidity('');
  });
}

/** Put the server's present form of an element in its place. What did not change is left alone, focus and all. */
async function refresh(id: string): Promise<void> {
  const element = document.getElementById(id);
  if (!element) return;
  try {
    const answer = document.hidden ? null : await fetch(location.href, { headers: { Accept: 'text/html' }, redirect: 'error' });
    const found = answer?.ok ? new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById(id) : null;
    if (found && found.outerHTML !== element.outerHTML) element.replaceWith(found);
  } catch { /* offline, or signed out: the page stays as it is and looks again */ }
  const seconds = Number(document.getElementById(id)?.dataset.refresh);
  if (seconds) setTimeout(() => void refresh(id), 1000 * seconds);
}
for (const element of all<HTMLElement>('[data-refresh][id]')) setTimeout(() => void refresh(element.id), 1000 * Number(element.dataset.refresh));

const root = document.documentElement;
const themes = all<HTMLButtonElement>('[data-theme-set]');
const press = (): void => themes.forEach((button) => {
  button.setAttribute('aria-pressed', String(button.dataset.themeSet === (root.dataset.theme ?? 'system')));
});
for (const button of themes) {
  button.addEventListener('click', () => {
    const theme = button.dataset.themeSet ?? 'system';
    root.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    press();
  });
}
press();
