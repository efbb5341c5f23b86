// Answering a mail that arrived, as the customer who got it.
(function () {
  'use strict';
  document.querySelectorAll('[data-answer]').forEach(function (form) {
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      var field = form.querySelector('textarea'), said = form.querySelector('[data-said]');
      if (!field.value.trim()) return;
      fetch('/elsewhere/answer', {
        method: 'POST',
        body: JSON.stringify({ number: Number(form.dataset.answer), text: field.value }),
      }).then(function (answer) { return answer.json(); }).then(function (data) {
        said.textContent = data.sent ? 'Sent. It is in the inbox now.' : 'This mail is not here any more.';
        if (data.sent) field.value = '';
      });
    });
  });
})();
