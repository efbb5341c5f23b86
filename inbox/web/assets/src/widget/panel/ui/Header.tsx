/** Who answers, and when: the shop's face on the first screen, a slim bar once there is a conversation. */
import { t } from '../../../core/i18n';
import { tellHost } from '../host';
import { expects, isBlocked, team, texts, transcript } from '../store';
import { soon } from '../when';
import { Face, Icon } from './parts';

/** "Back Monday 09:00" on the visitor's own clock; the server's sentence where there is no such moment. */
function Expectation() {
  if (isBlocked.value) return null;
  const { open, text, back_at: back } = expects.value;
  return (
    <p class="expects" data-testid="panel-expects" data-open={open}>
      {open ? <span class="dot" /> : <Icon name="moon" />}
      <span>{!open && back ? t('Back {when}', { when: soon(back) }) : text}</span>
    </p>
  );
}

function Faces() {
  const { agents } = team.value;
  return agents.length ? <div class="faces">{agents.slice(0, 3).map((agent) => <Face key={agent.name} person={agent} />)}</div> : null;
}

export function Header() {
  const isFirst = transcript.value.length === 0;
  return (
    <header class={`head${isFirst ? ' is-first' : ''}`} data-testid="panel-header">
      <div class="head-line">
        {!isFirst && <Faces />}
        <div class="head-words">
          <h1><bdi>{team.value.name}</bdi></h1>
          {!isFirst && <Expectation />}
        </div>
        <button type="button" class="tool" aria-label={t('Close chat')} title={t('Close chat')} onClick={() => tellHost({ type: 'close' })} data-testid="panel-close"><Icon name="x" /></button>
      </div>
      {isFirst && (
        <div class="greeting">
          <Faces />
          <p class="greeting-words" data-testid="panel-greeting"><bdi>{texts.value.greeting || t('How can we help you?')}</bdi></p>
          <Expectation />
        </div>
      )}
    </header>
  );
}
