/** The rail of views with their counts, and the agent's own menu. */
import { t } from '../core/i18n';
import { me, root, setTheme, snapshot } from '../core/page';
import { go, pathOf, route } from '../store/router';
import { agents, channels, views } from '../store/store';
import { help } from '../store/ui';
import { search } from '../commands';
import { Menu, type MenuEntry } from './Menu';
import { AgentMark, Icon } from './parts';

const ICONS: Record<string, string> = {
  mine: 'inbox', unassigned: 'user', waiting: 'clock', open: 'list', closed: 'archive', drafts: 'pencil', failed: 'alert',
};
export const viewIcon = (key: string): string => ICONS[key] ?? 'list';
export const viewLabel = (key: string): string => views.value.find((view) => view.key === key)?.label ?? key;
/** Let the browser have clicks that mean a new tab. */
export const plainClick = (event: MouseEvent): boolean => event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;

export function signOut(): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = '/logout';
  const field = document.createElement('input');
  Object.assign(field, { type: 'hidden', name: 'csrf_token', value: snapshot.csrf });
  form.append(field);
  document.body.append(form);
  form.submit();
}

export function meItems(): MenuEntry[] {
  const theme = root.dataset.theme ?? 'system';
  const themes = [['system', t('Like the system'), 'monitor'], ['light', t('Light'), 'sun'], ['dark', t('Dark'), 'moon']] as const;
  return [
    { key: 'profile', label: t('Profile'), icon: <Icon name="user" />, href: '/settings/profile' },
    ...(me.role === 'admin' ? [
      { key: 'channels', label: t('Channels'), icon: <Icon name="plug" />, href: '/settings/channels' },
      { key: 'agents', label: t('Agents'), icon: <Icon name="users" />, href: '/settings/agents' }] : []),
    { key: 'help', label: t('Keyboard shortcuts'), icon: <Icon name="keyboard" />, run: () => { help.value = true; } },
    'line',
    ...themes.map(([key, label, icon]) => ({ key, label, icon: <Icon name={icon} />, checked: theme === key, run: () => setTheme(key) })),
    'line',
    { key: 'logout', label: t('Sign out'), icon: <Icon name="log-out" />, run: signOut },
  ];
}

export function Views() {
  const here = route.value.q ? '' : route.value.view;
  const sick = [...channels.values()].filter((channel) => channel.value.state === 'needs_reauth' || (channel.value.state === 'active' && channel.value.last_error));
  return (
    <nav class="rail" aria-label={t('Views')}>
      <a class="brand" href="/"><Icon name="brand" /><span>Onethread</span></a>
      <ul role="list" class="rail-views">
        {views.value.map((view) => (
          <li key={view.key}>
            <a href={pathOf({ view: view.key, id: null, q: '' })} aria-current={here === view.key ? 'page' : undefined} title={view.label} data-testid={`view-${view.key}`}
              onClick={(event) => { if (plainClick(event)) { event.preventDefault(); go({ view: view.key, id: null, q: '' }); } }}>
              <Icon name={viewIcon(view.key)} /><span class="label">{view.label}</span>
              {view.count > 0 && <span class="count num" data-testid={`count-${view.key}`}>{view.count}{view.capped ? '+' : ''}</span>}
            </a>
          </li>
        ))}
      </ul>
      <div class="rail-foot">
        {sick.length > 0 && me.role !== 'agent' && (
          // Only admins may open the settings; a supervisor is told, and tells one.
          <a class="rail-alert" href={me.role === 'admin' ? '/settings/channels' : undefined} title={t('A channel needs attention')} data-testid="channel-trouble">
            <Icon name="alert" /><span class="sr">{t('A channel needs attention')}: </span><span class="label">{sick.map((channel) => channel.value.name).join(', ')}</span>
          </a>
        )}
        <Menu label={t('Profile, theme, sign out')} class="rail-me" testid="me" up start items={meItems()}
          button={<><AgentMark agent={agents.get(me.id) ?? me} size={28} /><span class="label clip">{me.name}</span></>} />
      </div>
    </nav>
  );
}

/** On phones: what the rail holds, within reach of the thumb. */
export function BottomBar() {
  return (
    <nav class="bottom" aria-label={t('Main')}>
      <button type="button" onClick={() => go({ id: null, q: '' })} data-testid="bottom-inbox"><Icon name="inbox" />{t('Inbox')}</button>
      <button type="button" onClick={search} data-testid="bottom-search"><Icon name="search" />{t('Search')}</button>
      <Menu label={t('Profile, theme, sign out')} class="bottom-me" testid="bottom-me" up items={meItems()} button={<><Icon name="user" />{t('Me')}</>} />
    </nav>
  );
}
