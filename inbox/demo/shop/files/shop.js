// The made-up shop's own script: a cart, a stand-in for signing in, and what the shop tells the widget.
// The first lines are the queue that keeps calls until the widget's script is there.
window.Onethread = window.Onethread || function () { (window.Onethread.q = window.Onethread.q || []).push(arguments); };

(function () {
  'use strict';
  var CART = 'alpe.cart', CART_ID = 'alpe.cart.id', COUPON = 'alpe.coupon', MEMBER = 'alpe.member';
  var find = function (selector) { return document.querySelector(selector); };
  var all = function (selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); };
  var money = function (cents) { return '€\u00a0' + (cents / 100).toFixed(2); };

  function cart() {
    try { return JSON.parse(localStorage.getItem(CART)) || []; } catch (problem) { return []; }
  }

  function keep(items) {
    localStorage.setItem(CART, JSON.stringify(items));
    show(items);
    put(items);
  }

  function post(path, data) {
    return fetch(path, { method: 'POST', body: JSON.stringify(data) }).then(function (answer) { return answer.json(); });
  }

  // The shop's server holds the cart; one change after the other, so that the last one counts.
  var before = Promise.resolve();
  function put(items) {
    var pieces = {}, member = localStorage.getItem(MEMBER) === 'yes';
    items.forEach(function (item) { pieces[item.key] = item.quantity; });
    before = before.then(function () {
      return post('/cart', { cart: localStorage.getItem(CART_ID) || '', pieces: pieces, member: member, coupon: localStorage.getItem(COUPON) || '' });
    }).then(function (answer) {
      localStorage.setItem(CART_ID, answer.id);
      items.forEach(function (item) { item.quantity = answer.pieces[item.key] || item.quantity; });
      localStorage.setItem(CART, JSON.stringify(items));
      show(items, answer.off);
      used(answer.coupon);
      tell(items);
    }, function () { tell(items); });
    return before;
  }

  // What became of the code: the shop's server alone knows which ones there are.
  function used(coupon) {
    var wanted = localStorage.getItem(COUPON) || '', said = find('[data-coupon-said]');
    if (!coupon) localStorage.removeItem(COUPON);
    if (said) said.textContent = coupon ? 'The code ' + coupon + ' is used in this cart.' : wanted ? 'The code ' + wanted + ' does not work, or not any more.' : '';
  }

  function order() {
    before.then(function () { return post('/order', { cart: localStorage.getItem(CART_ID) || '' }); }).then(function (answer) {
      if (!answer.order) return;
      localStorage.setItem(CART, '[]');
      localStorage.removeItem(COUPON);
      location.href = '/orders/' + answer.order;
    });
  }

  function total(items) {
    return items.reduce(function (sum, item) { return sum + item.cents * item.quantity; }, 0);
  }

  function tell(items) {
    window.Onethread('cart', {
      token: localStorage.getItem(CART_ID) || '',
      items: items.map(function (item) { return { sku: item.key.toUpperCase(), name: item.name, quantity: item.quantity, price: (item.cents / 100).toFixed(2) }; }),
      total: (total(items) / 100).toFixed(2),
      currency: 'EUR',
    });
  }

  function add(data) {
    var items = cart(), known = items.find(function (item) { return item.key === data.add; });
    if (known) known.quantity += 1;
    else items.push({ key: data.add, name: data.name, cents: Number(data.cents), quantity: 1 });
    keep(items);
  }

  function remove(key) {
    keep(cart().filter(function (item) { return item.key !== key; }));
  }

  function cell(text, isNumber) {
    var td = document.createElement('td');
    td.textContent = text;
    if (isNumber) td.className = 'number';
    return td;
  }

  function show(items, off) {
    find('[data-cart-count]').textContent = items.reduce(function (sum, item) { return sum + item.quantity; }, 0);
    var rows = find('[data-cart-rows]');
    if (!rows) return;
    rows.replaceChildren();
    items.forEach(function (item) {
      var tr = document.createElement('tr'), out = document.createElement('td'), button = document.createElement('button');
      button.type = 'button';
      button.className = 'plain';
      button.textContent = 'Remove';
      button.setAttribute('aria-label', 'Remove ' + item.name);
      button.addEventListener('click', function () { remove(item.key); });
      out.append(button);
      tr.append(cell(item.name), cell(item.quantity, true), cell(money(item.cents * item.quantity), true), out);
      rows.append(tr);
    });
    find('[data-cart-table]').hidden = !items.length;
    find('[data-cart-empty]').hidden = !!items.length;
    find('[data-cart-discount]').hidden = !off;
    find('[data-cart-off]').textContent = '\u2212' + money(off || 0);
    find('[data-cart-total]').textContent = money(total(items) - (off || 0));
    find('[data-order]').hidden = !items.length;
  }

  // The shop's server signs who is signed in: the widget believes that and nothing a page could say by itself.
  function identify() {
    return fetch('/identity', { method: 'POST' }).then(function (answer) { return answer.json(); }).then(function (identity) {
      window.Onethread('identify', { token: identity.token });
    });
  }

  function member(isMember) {
    find('[data-who-guest]').hidden = isMember;
    find('[data-who-member]').hidden = !isMember;
    all('[data-order-button]').forEach(function (button) { button.disabled = !isMember; });
    all('[data-order-guest]').forEach(function (hint) { hint.hidden = isMember; });
  }

  // A link from the shop's people: ?put=dolomit:1,vanoise:2&coupon=HELLO
  function linked() {
    var query = new URLSearchParams(location.search), wanted = query.get('put'), coupon = query.get('coupon');
    if (coupon) localStorage.setItem(COUPON, coupon);
    if (!wanted) return;
    var rows = wanted.split(',').map(function (part) {
      var found = find('[data-goods] [data-key="' + CSS.escape(part.split(':')[0]) + '"]');
      return found && { key: found.dataset.key, name: found.dataset.name, cents: Number(found.dataset.cents), quantity: Number(part.split(':')[1]) || 1 };
    }).filter(Boolean);
    if (rows.length) localStorage.setItem(CART, JSON.stringify(rows));
    history.replaceState(null, '', location.pathname);
  }

  function start() {
    linked();
    var items = cart(), isMember = localStorage.getItem(MEMBER) === 'yes';
    show(items);
    if (items.length) put(items);
    member(isMember);
    if (isMember) identify();
    window.Onethread('page', { url: location.href, title: document.title });
    all('[data-add]').forEach(function (button) {
      button.addEventListener('click', function () { add(button.dataset); });
    });
    all('[data-ask]').forEach(function (button) {
      button.addEventListener('click', function () {
        window.Onethread('prefill', { message: button.dataset.ask });
        window.Onethread('open');
      });
    });
    find('[data-sign-in]').addEventListener('click', function () {
      localStorage.setItem(MEMBER, 'yes');
      member(true);
      identify();
      if (cart().length) put(cart());
    });
    all('[data-order-button]').forEach(function (button) { button.addEventListener('click', order); });
    all('[data-coupon-use]').forEach(function (button) {
      button.addEventListener('click', function () {
        localStorage.setItem(COUPON, find('[data-coupon]').value.trim().toUpperCase());
        put(cart());
      });
    });
    find('[data-sign-out]').addEventListener('click', function () {
      localStorage.removeItem(MEMBER);
      localStorage.removeItem(CART_ID);
      member(false);
      window.Onethread('logout');
    });
  }

  if (document.body) start();
  else document.addEventListener('DOMContentLoaded', start);
})();
