// A stand-in for Telegram's app: one chat with the shop's bot, under a number of this browser's own.
(function () {
  'use strict';
  var CHAT = 'alpe.chat', STARTED = 'alpe.started';
  var find = function (selector) { return document.querySelector(selector); };
  var chat = Number(localStorage.getItem(CHAT)) || 6000000000 + Math.floor(Math.random() * 999999999);
  var code = new URLSearchParams(location.search).get('start');
  var shown = '';
  localStorage.setItem(CHAT, String(chat));

  function post(text) {
    return fetch('/telegram/write', {
      method: 'POST',
      body: JSON.stringify({ chat: chat, text: text, member: localStorage.getItem('alpe.member') === 'yes' }),
    }).then(look);
  }

  function look() {
    return fetch('/telegram/lines?chat=' + chat).then(function (answer) { return answer.json(); }).then(function (data) {
      var now = JSON.stringify(data.lines);
      if (now === shown) return;
      shown = now;
      find('[data-talk]').replaceChildren.apply(find('[data-talk]'), data.lines.map(function (line) {
        var li = document.createElement('li');
        li.className = line.mine ? 'mine' : 'theirs';
        li.dir = 'auto';
        var text = line.text.indexOf('/start ') === 0 ? '/start' : line.text; // as the real app shows it
        li.textContent = [text].concat(line.files).filter(Boolean).join('\n');
        return li;
      }));
    }).catch(function () { /* the demo has ended; the next look tells */ });
  }

  function ready() {
    find('[data-start]').hidden = true;
    find('[data-write]').hidden = false;
    find('#line').focus();
  }

  find('[data-start-button]').addEventListener('click', function () {
    localStorage.setItem(STARTED, 'yes');
    post('/start' + (code ? ' ' + code : '')).then(ready);
    history.replaceState(null, '', location.pathname);
  });
  find('[data-write]').addEventListener('submit', function (event) {
    event.preventDefault();
    var text = find('#line').value.trim();
    find('#line').value = '';
    if (text) post(text);
  });
  if (code || !localStorage.getItem(STARTED)) find('[data-start]').hidden = false;
  else ready();
  look();
  setInterval(look, 1500);
})();
