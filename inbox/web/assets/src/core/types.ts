/** The shapes of /api/v1 that the island uses. Times are ISO 8601 with Z; what is absent is null. */

export type Status = 'open' | 'snoozed' | 'resolved';
export type Level = 'claimed' | 'channel' | 'mail_auth' | 'verified';
export type Mode = 'reply' | 'note';
export type DeliveryState = 'queued' | 'claimed' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'uncertain' | 'cancelled';

export interface Agent { id: number; name: string; role: string; initials: string; photo: string | null }
export interface Channel { id: number; kind: string; name: string; account: string | null; state: string; title: string; last_error?: string | null }
/** The sign of a kind of channel or address: an icon's name, or the path of a drawing, and a colour. */
export interface Mark { icon: string; draw: string; colour: string }
export interface View { key: string; label: string; count: number; capped?: boolean }

export interface Preview { text: string; kind: string; author: string | null; author_id: number | null }

export interface ChannelRef { id: number; kind: string }

export interface Thread {
  id: number;
  customer: { id: number; name: string };
  status: Status;
  assignee_id: number | null;
  team_id: number | null;
  priority: string;
  waiting_since: string | null;
  due_at?: string | null;
  last_message_at: string | null;
  last_inbound_at: string | null;
  last_seq: number;
  preview: Preview | null;
  channel: ChannelRef | null;
  /** Those the customer wrote on, the last used first. (`channels` of a detail are the ways to answer.) */
  wrote_on: ChannelRef[];
  subject: string | null;
  trouble: null | 'failed' | 'uncertain';
  /** Only in lists, snapshot and detail: kept from there when a delta comes without them. */
  read_seq?: number;
  draft?: boolean;
  online?: boolean;
}

export interface Identity {
  id: number; namespace: string; address: string; display: string | null; level: Level; level_reason: string | null;
  first_seen_at: string | null; last_seen_at: string | null; unreachable?: string | null;
}
export interface Claim { id: number; namespace: string; address: string; display: string; source: string; created_at: string; mailed_at: string | null }
/** Where the customer is on the shop's site, or last was, as its pages say; nothing in it is proved. */
export interface Visit {
  channel_id: number; online: boolean; since: string; seen_at: string | null; page: { url: string; title: string } | null; page_at: string | null;
  referrer: string; cart: Record<string, unknown> | null; cart_at: string | null; attributes: Record<string, unknown>; locale: string;
}
export interface Customer {
  id: number; name: string; locale: string | null; time_zone: string | null; tags: string[]; fields: Record<string, unknown>; claims: Claim[];
  notes: number; duplicates: number;
}
export interface CustomerNote { id: number; body: string; author: string | null; created_at: string }
export interface Evidence { code: string; text: string; data: Record<string, unknown> }
export interface Duplicate {
  id: number; customer: { id: number; name: string }; evidence: Evidence[]; score: number; sure: string; conflict: boolean;
}
export interface Episode {
  id: number; number: number; status: string; opened_at: string; resolved_at: string | null; reopened_count: number;
}
export interface Can {
  subject: boolean; cc: boolean; attachments: boolean; attachment_max: number | null; attachments_max: number | null;
  text_max: number | null; text_unit: 'characters' | 'utf16' | 'bytes'; formats: string[];
  /** Longer texts go as several messages. */
  splits: boolean;
  /** A reply is shown as the answer to the message that was chosen. */
  answers: boolean;
  reactions: boolean; typing: boolean;
  /** A sent reply can be changed or taken back, so many seconds after sending; null: always. */
  edit: boolean; edit_within: number | null; delete: boolean; delete_within: number | null;
  /** Seconds after the customer's last message in which all replies are taken; null: always. */
  reply_window: number | null;
}
/** A text that a provider has approved, with a `{{name}}` for each gap. `problem`: why it cannot be sent from here. */
export interface Template { name: string; language: string; text: string; fields: { name: string; example: string }[]; kind: string; problem: string | null }
export interface TemplateChoice { name: string; language: string; values: Record<string, string> }
/** Whom a reply would reach: an identity, or an address that is only claimed. */
export interface ReplyTo { identity_id: number | null; claim_id: number | null; address: string; name: string; level: Level; unreachable: string | null }
/** A way to answer: a channel of ours with an address that it reaches; a channel may come repeatedly. */
export interface ReplyChannel {
  channel_id: number; kind: string; title: string; name: string; account: string; to: ReplyTo | null;
  /** What the provider takes now, where it lets us answer only for a while, and when that ends. */
  window: 'open' | 'late' | 'templates' | 'closed' | null; closes_at: string | null;
  reply_to: string | null; usable: boolean; reason: string | null; default: boolean; can: Can; undo_seconds: number;
}
export interface Attachment {
  id: number; name: string; media_type: string; size: number; inline?: boolean;
  state?: 'stored' | 'missing' | 'too_large' | 'failed'; url: string;
}
/** The customer's message that a reply answers; one that was taken back has no text. */
export interface Answered { id: number; thread_id: number; seq: number; channel_id: number | null; author: string; address: string | null; text: string }
export interface Draft {
  mode?: Mode; body: string; channel_id?: number | null; to_identity_id?: number | null; to_claim_id?: number | null; reply_to?: string | null; cc?: string[] | null; subject?: string | null; template?: TemplateChoice | null; answers?: Answered | null; in_reply_to_message_id?: number | null;
  attachment_ids?: number[]; attachments?: Attachment[]; updated_at?: string;
}
export interface Detail extends Thread {
  identities: Identity[];
  episode: Episode | null;
  episodes: Episode[];
  channels: ReplyChannel[];
  drafts: { reply: Draft | null; note: Draft | null };
  visit: Visit | null;
}
/** A change of a sent reply that was begun: somebody is at it until `until`; afterwards nobody knows what became of it. */
export interface Amendment { change: 'edit' | 'delete'; body: string; agent_id: number; until: string }
export interface Delivery {
  id: number; state: DeliveryState; error: string | null; send_after: string | null; attempts: number;
  /** Uncertain, and the network is being asked whether it has it. */
  settling?: boolean;
  sent_at?: string | null; amendment?: Amendment | null;
  unseen?: 'continued' | 'no_address' | 'no_channel' | null; recipients?: { address: string; state: string; error: string | null }[];
}
/** `mine`: our side put it, whichever agent. */
export interface Reaction { emoji: string; by: string; mine: boolean; agent_id: number | null }
export interface Version { id: number; body_text: string; body_html: string | null; replaced_at: string }
export interface Message {
  id: number; thread_id: number; seq: number; kind: 'inbound' | 'reply' | 'note' | 'system';
  channel_id: number | null; channel_kind: string | null; episode_id: number | null; subject: string | null;
  body_text: string; quoted_text: string | null; has_html: boolean; rich: boolean;
  author: { type: 'customer' | 'agent' | 'system'; id: number | null; name: string | null; address?: string | null; level?: Level | null; level_reason?: string | null };
  recipients: { role: 'to' | 'cc' | 'bcc' | 'reply_to'; address: string; name: string | null }[];
  created_at: string; sent_at: string | null;
  /** Changed by its author, with so many earlier versions; taken back: then it has no text and no files any more. */
  edited_at: string | null; removed_at: string | null; versions: number; reactions: Reaction[];
  automatic: string | null; notices: { code: string; text: string }[];
  attachments: Attachment[]; client_msg_id: string | null; answers?: Answered | null; delivery: Delivery | null;
  system?: { code: string; data: Record<string, unknown> } | null;
}
export interface Event {
  id: number | string; kind: string; at: string; thread_id: number | null; message_id: number | null; actor_id: number | null;
  data: Record<string, unknown> | null;
}
export interface Delta {
  prev: string; cursor: string; reset: boolean; more: boolean;
  events: Event[]; threads: Thread[]; messages: Message[]; gone: number[];
}
export interface ThreadPage { items: Thread[]; next: string | null }
export interface MessagePage { items: Message[]; next_before_seq: number | null }
export interface Snapshot {
  me: { id: number; name: string; email: string; role: string; locale: string | null; time_zone: string | null };
  csrf: string; agents: Agent[]; teams: { id: number; name: string }[]; channels: Channel[]; marks: Record<string, Mark>; views: View[];
  view: string; threads: ThreadPage; thread: Detail | null; messages: MessagePage | null; cursor: string;
}
