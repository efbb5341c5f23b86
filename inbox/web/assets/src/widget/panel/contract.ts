/** What the server says to the panel; inbox/web/widget/shapes.py is the original. Times are ISO 8601 with Z. */
import type { Look } from '../protocol';

export interface Person { name: string; photo: string | null }
export interface Expects { open: boolean; text: string; back_at: string | null; minutes: number | null }
export interface Texts { title: string; greeting: string; offline: string }
export interface Config extends Look { agents: Person[]; expects: Expects; texts: Texts; file_max: number }

export interface Stored { id: number; name: string; size: number; media_type: string; image: boolean; url: string }
export interface Message {
  id: number; client_msg_id: string | null; mine: boolean; author: Person | null; body: string; html: string | null; files: Stored[];
  at: string; state: 'delivered' | 'read' | null; edited: boolean; removed: boolean;
  /** The visitor's own message that this one answers. */
  answers: { id: number; body: string } | null;
}
/** Kept by the server, but not in the thread yet. */
export interface Pending { client_msg_id: string; body: string; files: Stored[]; at: string }
export interface Typing { name: string; until: string }
export interface Rating { episode_id: number; agent: Person | null; asked_at: string; score: number | null }
export interface Link { channel_id: number; title: string; kind: string; continued: boolean }
export type Needs = 'no' | 'ask' | 'required';

/** What changes while one looks; in every answer about messages. */
export interface Standing {
  pending: Pending[]; seen: number; unread: number; typing: Typing | null; expects: Expects; needs_email: Needs; links: Link[]; rating: Rating | null; blocked: boolean;
  cursor: string;
  /** There are more messages in the direction asked for; in a Boot, older ones. */
  more: boolean;
}
export interface Part extends Standing { items: Message[]; reset: boolean }
export interface Visitor { verified: boolean; name: string | null; email: string | null; email_proved: boolean }
export interface Boot extends Standing {
  token: string; visitor: Visitor; identity: { state: 'none' | 'verified' | 'refused'; code: string | null; detail: string | null };
  team: { name: string; agents: Person[] }; messages: Message[]; texts: Texts; limits: { text: number; file: number; files: number };
}
export interface News { cursor: string; reload: boolean }
export interface CodeSent { address: string; sent: boolean; expires_at: string | null }
export interface LinkMade { url: string; expires_at: string }
