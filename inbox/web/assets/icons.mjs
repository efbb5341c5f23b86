// Our name → Lucide's file name (ISC licence). Only these are shipped, in one sprite.
export const ICONS = {
  inbox: 'inbox', user: 'user', clock: 'clock', list: 'layers', archive: 'archive', pencil: 'pencil',
  alert: 'triangle-alert', 'alert-circle': 'circle-alert', info: 'info', search: 'search', x: 'x', check: 'check',
  'check-check': 'check-check', 'check-circle': 'circle-check', 'arrow-up': 'arrow-up', 'arrow-down': 'arrow-down',
  back: 'arrow-left', 'chevron-down': 'chevron-down', 'chevron-right': 'chevron-right', send: 'send-horizontal',
  mail: 'mail', chat: 'message-circle', message: 'message-square', phone: 'phone', paperclip: 'paperclip',
  lock: 'lock', more: 'ellipsis', 'user-plus': 'user-plus', undo: 'undo-2', refresh: 'rotate-cw', image: 'image',
  file: 'file', 'file-text': 'file-text', download: 'download', 'shield-check': 'shield-check', shield: 'shield-question-mark',
  settings: 'settings', users: 'users', 'log-out': 'log-out', sun: 'sun', moon: 'moon', monitor: 'monitor',
  keyboard: 'keyboard', panel: 'panel-right', eye: 'eye', 'eye-off': 'eye-off', copy: 'copy', plug: 'plug',
  reopen: 'rotate-ccw', wifi: 'wifi-off', bot: 'bot', plus: 'plus', trash: 'trash-2', pause: 'pause', play: 'play',
  reply: 'reply', 'shopping-bag': 'shopping-bag', store: 'store', hourglass: 'hourglass', activity: 'activity', unread: 'mail-open', key: 'key-round', external: 'external-link', camera: 'camera', hash: 'hash',
  bold: 'bold', italic: 'italic', code: 'code', link: 'link', bullets: 'list', quote: 'text-quote', mic: 'mic', music: 'music',
  pin: 'map-pin', smile: 'smile-plus', merge: 'merge', split: 'split', star: 'star', cart: 'shopping-cart', globe: 'globe',
  tag: 'tag', note: 'sticky-note', package: 'package',
  merge: 'merge', split: 'split', tag: 'tag', star: 'star', note: 'sticky-note', eraser: 'eraser', export: 'file-down',
};
