/** What an agent does to a thread or to a delivery. Shown at once, sent, and taken back with a word when refused. */
import { Problem, call } from '../core/api';
import { t } from '../core/i18n';
import { me } from '../core/page';
import type { Detail, Message, Mode, Thread } from '../core/types';
import { type Way, answered, binding } from './answering';
import { type Content, boxOf, clear, contentOf, edit, isEmpty, takeBack } from './drafts';
import { enqueue } from './outbox';
import { agentName, details, patchThread, peekMessage, putDetail, putMessage, streamOf, threads } from './store';
import { changedHere } from './thread';
import { chosenOf, filled, missing } from './templates';
import { toast } from './toasts';
import { focusComposer, modeOf } from './ui';

const AMENDING = 60_000;

type Change = Partial<Pick<Thread, 'assignee_id' | 'status'>>;

async function change(id: number, wanted: Change): Promise<boolean> {
  const before = threads.get(id)?.peek();
  if (!before) return false;
  patchThread(id, wanted);
  changedHere(id);
  try {
    const detail = await call<Detail>('PATCH', `/threads/${id}`, { body: wanted });
    putDetail({ ...detail, drafts: details.get(id)?.peek().drafts ?? detail.drafts });
    changedHere(id);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    patchThread(id, { status: before.status, assignee_id: before.assignee_id });
    changedHere(id);
    const text = problem.status ? problem.message : t('No connection: nothing was changed');
    toast(text, { error: true, action: t('Try again'), run: () => void change(id, wanted) });
    return false;
  }
}

export async function assign(id: number, agent: number | null): Promise<void> {
  const before = threads.get(id)?.peek();
  if (!before || before.assignee_id === agent) return;
  if (!await change(id, { assignee_id: agent })) return;
  const name = before.customer.name;
  const text = agent === null ? t('{name} is unassigned', { name })
    : agent === me.id ? t('{name} is yours', { name }) : t('{name} assigned to {agent}', { name, agent: agentName(agent) });
  toast(text, { action: t('Undo'), key: 'z', run: () => void change(id, { assignee_id: before.assignee_id }) });
}

export async function setStatus(id: number, status: 'open' | 'resolved'): Promise<void> {
  const before = threads.get(id)?.peek();
  if (!before || before.status === status) return;
  if (!await change(id, { status })) return;
  const { name } = before.customer;
  const undo: Change = { status: status === 'open' ? 'resolved' : 'open', assignee_id: before.assignee_id };
  toast(status === 'resolved' ? t('{name} resolved', { name }) : t('{name} reopened', { name }),
    { action: t('Undo'), key: 'z', run: () => void change(id, undo) });
}

export const toggleStatus = (id: number): Promise<void> =>
  setStatus(id, threads.get(id)?.peek().status === 'resolved' ? 'open' : 'resolved');

/** Send the template that the composer holds; what was typed beside it stays. */
export function submitTemplate(thread: number, way: Way, resolve = false): boolean {
  const box = boxOf(thread, 'reply');
  const choice = box.content.peek().template;
  const template = chosenOf(way.channel_id, choice);
  if (!choice || !template || missing(template, choice).length) return false;
  edit(box, { template: null });
  const alone = { cc: '', subject: null, files: [], replyTo: null, answers: null };
  enqueue(thread, 'reply', { ...alone, ...binding(way), template: choice, body: filled(template, choice) }, resolve);
  return true;
}

/** Answer one message of the customer's: the composer goes to where it came from, and says so. */
export function answer(message: Message, way: Way): void {
  edit(boxOf(message.thread_id, 'reply'), { ...binding(way), answers: answered(message) });
  modeOf(message.thread_id).value = 'reply';
  focusComposer(message.thread_id, 'reply');
}

/** Send what the composer holds, a reply by `way`; false when there is nothing to send. */
export function submit(thread: number, mode: Mode, way: Way | undefined, resolve = false): boolean {
  const box = boxOf(thread, mode);
  const content = box.content.peek();
  if (isEmpty(content) || content.files.some((file) => file.state !== 'ready')) return false;
  clear(box);
  const nowhere = { channel: null, identity: null, claim: null };
  enqueue(thread, mode, { ...content, template: null, body: content.body.trim(), ...(mode === 'reply' && way ? binding(way) : nowhere) }, resolve);
  return true;
}

type DeliveryAction = 'retry' | 'cancel' | 'edit';

async function onDelivery(message: Message, action: DeliveryAction): Promise<boolean> {
  if (!message.delivery) return false;
  try {
    const asked = performance.now();
    putMessage(await call<Message>('POST', `/deliveries/${message.delivery.id}/${action}`), asked);
    return true;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    toast(problem.status ? problem.message : t('No connection: nothing was changed'), { error: true });
    return false;
  }
}

export const retryDelivery = (message: Message): Promise<boolean> => onDelivery(message, 'retry');
export const cancelDelivery = (message: Message): Promise<boolean> => onDelivery(message, 'cancel');

/** Undo, or edit after a failure: it will not be sent, and its text and files are in the composer again. */
export async function editDelivery(message: Message): Promise<void> {
  const box = boxOf(message.thread_id, 'reply');
  const before = box.held;
  box.held = true;
  if (await onDelivery(message, 'edit')) takeBack(message.thread_id, 'reply', await givenBack(message));
  else box.held = before;
}

/** Our reaction to a customer's message, in place of an earlier one; null takes it off. */
export async function react(message: Message, emoji: string | null): Promise<void> {
  const others = message.reactions.filter((reaction) => !reaction.mine);
  putMessage({ ...message, reactions: emoji === null ? others : [...others, { emoji, by: me.name, mine: true, agent_id: me.id }] });
  try {
    const asked = performance.now();
    putMessage(await call<Message>('PUT', `/messages/${message.id}/reactions`, { body: { emoji: emoji === null ? [] : [emoji] } }), asked);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    putMessage({ ...peekMessage(message.id), reactions: message.reactions });
    toast(problem.status ? problem.message : t('No connection: nothing was changed'), { error: true });
  }
}

/** Give a sent reply another text, or take it back (null); what went wrong, in words, or null. The network is asked
 *  while we wait. */
export async function amend(message: Message, body: string | null): Promise<string | null> {
  try {
    const asked = performance.now();
    const path = `/messages/${message.id}`;
    putMessage(body === null ? await call<Message>('DELETE', path, { timeout: AMENDING }) : await call<Message>('PATCH', path, { body: { body }, timeout: AMENDING }), asked);
    return null;
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return problem.status ? problem.message : t('No connection: it is not known whether this was done');
  }
}

/** What the server made of the message: a draft with copies of its files. Unheard, the text that we have, without them. */
async function givenBack(message: Message): Promise<Content> {
  try {
    const { drafts } = await call<Detail>('GET', `/threads/${message.thread_id}`);
    if (drafts.reply) return contentOf(drafts.reply);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (message.attachments.length) toast(t('No connection: please attach the files again'), { error: true });
  }
  return contentOf({ body: message.body_text, channel_id: message.channel_id });
}

/** The newest reply of mine that can still be held back, for `z` in the thread. */
export function held(thread: number, at: number): Message | undefined {
  return streamOf(thread).ids.peek().slice(-5).reverse().map(peekMessage).find((message) =>
    message.kind === 'reply' && message.author.id === me.id && message.delivery?.state === 'queued'
    && message.delivery.send_after !== null && Date.parse(message.delivery.send_after) > at);
}

