/** Menu button (its name is its content, then `label` for those who hear it): arrows, Home, End, first letters, Esc; focus
 *  returns to where it was. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Signal } from '@preact/signals';
import { Icon } from './parts';

export interface MenuItem {
  key: string | number; label: ComponentChildren; note?: ComponentChildren; icon?: ComponentChildren; checked?: boolean; disabled?: boolean; href?: string; run?: () => void;
}
/** A line between entries, or words above the following ones. */
export type MenuEntry = MenuItem | 'line' | { head: string };

interface Props {
  label: string; button: ComponentChildren; items: MenuEntry[]; testid: string; class?: string; heading?: string | undefined;
  up?: boolean; start?: boolean; wide?: boolean; grid?: boolean; open?: Signal<boolean>; title?: string;
}

export function Menu(props: Props) {
  const [local, setLocal] = useState(false);
  const isOpen = props.open ? props.open.value : local;
  const set = (on: boolean): void => { if (props.open) props.open.value = on; else setLocal(on); };
  const wrap = useRef<HTMLDivElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const before = useRef<HTMLElement | null>(null);
  const entries = (): HTMLElement[] => [...wrap.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? []];

  // Together with the menu: whoever is quick types into it and not into what had the focus before.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    before.current = document.activeElement instanceof HTMLElement && document.activeElement !== document.body ? document.activeElement : null;
    // Near the edge of a pane all of it comes into view, not only the entry that gets the focus.
    wrap.current?.querySelector('[role=menu]')?.scrollIntoView({ block: 'nearest' });
    (entries().find((item) => item.getAttribute('aria-checked') === 'true') ?? entries()[0])?.focus();
    const outside = (event: Event): void => { if (!wrap.current?.contains(event.target as Node)) set(false); };
    document.addEventListener('pointerdown', outside);
    document.addEventListener('focusin', outside);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('focusin', outside);
    };
  }, [isOpen]);

  const close = (): void => {
    set(false);
    (before.current?.isConnected ? before.current : trigger.current)?.focus();
  };

  const onKeyDown = (event: KeyboardEvent): void => {
    const items = entries();
    const at = items.indexOf(document.activeElement as HTMLElement);
    const onward = document.documentElement.dir === 'rtl' ? -1 : 1;
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1, ...(props.grid ? { ArrowRight: at + onward, ArrowLeft: at - onward } : {}) };
    const to = moves[event.key];
    if (to !== undefined) items.at(to % items.length)?.focus();
    else if (event.key === 'Escape') close();
    else if (event.key.length === 1 && event.key !== ' ') {
      const letter = event.key.toLocaleLowerCase();
      [...items.slice(at + 1), ...items].find((item) => item.innerText.trim().toLocaleLowerCase().startsWith(letter))?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu-wrap" ref={wrap}>
      <button ref={trigger} type="button" class={props.class ?? 'btn bare'} aria-haspopup="menu" aria-expanded={isOpen}
        title={props.title} data-testid={props.testid} onClick={() => set(!isOpen)}
        onKeyDown={(event) => { if (event.key === 'ArrowDown' && !isOpen) { event.preventDefault(); set(true); } }}>
        {props.button}{props.label && <span class="sr">{props.label}</span>}
      </button>
      {isOpen && (
        <div class={`menu${props.up ? ' up' : ''}${props.start ? ' start' : ''}${props.wide ? ' wide' : ''}${props.grid ? ' grid' : ''}`} role="menu" aria-label={props.heading || props.label} onKeyDown={onKeyDown} data-testid={`${props.testid}-menu`}>
          {props.heading && <div class="head" aria-hidden="true">{props.heading}</div>}
          {props.items.map((item) => (item === 'line' ? <hr key="line" />
            : 'head' in item ? <div class="head" aria-hidden="true" key={item.head}>{item.head}</div> : <Entry key={item.key} item={item} close={close} />))}
        </div>
      )}
    </div>
  );
}

function Entry({ item, close }: { item: MenuItem; close: () => void }) {
  const shared = {
    class: 'menu-item', role: item.checked === undefined ? 'menuitem' : 'menuitemradio', tabIndex: -1, 'data-key': String(item.key),
    ...(item.checked === undefined ? {} : { 'aria-checked': item.checked }), ...(item.disabled ? { 'aria-disabled': true } : {}),
  } as const;
  const inside = (
    <>
      {item.icon}
      <span class="grow">{item.label}{item.note && <small>{item.note}</small>}</span>
      {item.checked && <span class="tick"><Icon name="check" /></span>}
    </>
  );
  if (item.href) return <a {...shared} href={item.href} {...(/^https?:/i.test(item.href) ? { target: '_blank', rel: 'noopener noreferrer nofollow' } : {})}>{inside}</a>;
  const run = (): void => {
    if (item.disabled) return;
    close();
    item.run?.();
  };
  return <button {...shared} type="button" onClick={run}>{inside}</button>;
}
