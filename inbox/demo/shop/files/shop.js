// The made-up shop's own script: a cart in this browser, a stand-in for signing in, and what the shop tells the widget.
// The first lines are the queue that keeps calls until the widget's script is there.
window.Onethread = window.Onethread || function () { (window.Onethread.q = window.Onethread.q || []).push(arguments); };

(function () {
  'use strict';
  var CART = 'alpe.cart', MEMBER = 'alpe.member';
  var find = function (selector) { return document.querySelector(selector); };
  var all = function (selector) { return Array.prototype.slice.call(document.querySelectorAll(selector)); };
  var money = function (cents) { return '€\u00a0' + (cents / 100).toFixed(2); };

  function cart() {
    try { return JSON.parse(localStorage.getItem(CART)) || []; } catch (problem) { return []; }
  }

  function keep(items) {
    localStorage.setItem(CART, JSON.stringify(items));
    show(items);
    tell(items);
  }

  function total(items) {
    return items.reduce(function (sum, item) { return sum + item.cents * item.quantity; }, 0);
  }

  function tell(items) {
    window.Onethread('cart', {
      items: items.map(function (item) { return { name: item.name, quantity: item.quantity, price: item.cents / 100 }; }),
      total: total(items) / 100,
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

  function show(items) {
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
    find('[data-cart-total]').textContent = money(total(items));
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
  }

  function start() {
    var items = cart(), isMember = localStorage.getItem(MEMBER) === 'yes';
    show(items);
    if (items.length) tell(items);
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
    });
    find('[data-sign-out]').addEventListener('click', function () {
      localStorage.removeItem(MEMBER);
      member(false);
      window.Onethread('logout');
    });
  }

  if (document.body) start();
  else document.addEventListener('DOMContentLoaded', start);
})();
