/** Light or dark, and the shop's colour in shades that can be read on either. */
import { ink, readable } from '../color';
import type { Theme } from '../protocol';
import { config, root } from './page';

/** As in widget.css. */
const SURFACE = { light: '#ffffff', dark: '#1a1a1e' };
const night = matchMedia('(prefers-color-scheme: dark)');
let wanted: Theme = config.theme;

function paint(): void {
  const mode = wanted === 'auto' ? (night.matches ? 'dark' : 'light') : wanted;
  root.dataset.theme = mode;
  root.style.setProperty('--accent', config.accent);
  root.style.setProperty('--on-accent', ink(config.accent));
  // Text and lines in the shop's colour, beside which something else may stand.
  root.style.setProperty('--accent-text', readable(config.accent, SURFACE[mode], 4.8));
}

export function wear(theme: Theme): void {
  wanted = theme;
  paint();
}

night.addEventListener('change', paint);
paint();
