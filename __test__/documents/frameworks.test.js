'use strict';
// The settings of docs/catch.md for Django, Rails and Laravel, in the mailers of these.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { describe, test } = require('node:test');
const { catchMail } = require('../../src/js/catch/index.js');
const { Child } = require('../support/child.js');
const { blocks } = require('../support/documents.js');

const PYTHON = process.env.SMTP_ENGINE_PYTHON || 'python3';

/** @param {string} language */
const settings = (language) =>
  blocks('docs/catch.md')
    .filter((block) => block.language === language)
    .map(({ text }) => text);

/** Programs by framework: each gets an address, and sends it one mail. */
const [django, djangoTest] = settings('python');
const SEND_MAIL = `
import django
from django.core.mail import EmailMultiAlternatives
import sys
django.setup()
mail = EmailMultiAlternatives("Grüße", "The code is 482913.", "Shop <shop@example.com>", [sys.argv[1]])
mail.attach_alternative('<a href="https://shop.example/confirm?a=1&amp;b=2">Confirm</a>', "text/html")
mail.attach("a.txt", b"hello", "text/plain")
mail.send()
`;
const RAILS = `
require "action_mailer"
config = Struct.new(:action_mailer).new(ActionMailer::Base)
${settings('ruby')[0]}
class Shop < ActionMailer::Base
  def confirm(to)
    attachments["a.txt"] = "hello"
    mail(from: "Shop <shop@example.com>", to: to, subject: "Gr\\u00fc\\u00dfe") do |format|
      format.text { render plain: "The code is 482913." }
      format.html { render html: '<a href="https://shop.example/confirm?a=1&amp;b=2">Confirm</a>'.html_safe }
    end
  end
end
Shop.confirm(ARGV[0]).deliver_now
`;
// As Laravel's MailManager does it: what is in the environment comes before the file.
const LARAVEL = `<?php
require 'Symfony/Component/Mailer/autoload.php';
use Symfony\\Component\\Mailer\\Mailer;
use Symfony\\Component\\Mailer\\Transport\\Dsn;
use Symfony\\Component\\Mailer\\Transport\\Smtp\\EsmtpTransportFactory;
$file = parse_ini_file(__DIR__ . '/.env.testing', false, INI_SCANNER_TYPED);
$env = fn (string $name) => getenv($name) ?: $file[$name];
if ($env('MAIL_MAILER') !== 'smtp') exit(2);
$dsn = new Dsn('smtp', $env('MAIL_HOST'), $env('MAIL_USERNAME'), $env('MAIL_PASSWORD'), (int) $env('MAIL_PORT'));
$mail = (new Symfony\\Component\\Mime\\Email())
  ->from('Shop <shop@example.com>')->to($argv[1])->subject('Grüße')
  ->text('The code is 482913.')
  ->html('<a href="https://shop.example/confirm?a=1&amp;b=2">Confirm</a>')
  ->attach('hello', 'a.txt', 'text/plain');
(new Mailer((new EsmtpTransportFactory())->create($dsn)))->send($mail);
`;

/** @type {Record<string, { there: [string, string[]], files: Record<string, string>, send: [string, string[]] }>} */
const FRAMEWORKS = {
  Django: {
    there: [PYTHON, ['-c', 'import django']],
    files: { 'settings.py': `import os\n${django}`, 'send.py': SEND_MAIL },
    send: [PYTHON, ['send.py']],
  },
  Rails: {
    there: ['ruby', ['-e', 'require "action_mailer"']],
    files: { 'send.rb': RAILS },
    send: ['ruby', ['send.rb']],
  },
  "Laravel's mailer": {
    there: ['php', ['-r', "require 'Symfony/Component/Mailer/autoload.php';"]],
    files: { '.env.testing': settings('ini')[0], 'send.php': LARAVEL },
    send: ['php', ['send.php']],
  },
};

/** Why a framework is not run; false if it can be. @param {string} name */
function reasonToSkip(name) {
  const [command, args] = FRAMEWORKS[name].there;
  return spawnSync(command, args).status === 0 ? false : `${name} is not installed`;
}

/** @param {import('node:test').TestContext} t @param {Record<string, string>} files */
function folderOf(t, files) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'smtp-engine-framework-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

/**
 * A program that is told of an inbox, to its end.
 *
 * @param {import('node:test').TestContext} t @param {import('smtp-engine/catch').Inbox} inbox
 * @param {string} folder @param {[string, string[]]} command
 */
function run(t, inbox, folder, [command, args]) {
  const env = {
    MAIL_HOST: inbox.host,
    MAIL_PORT: String(inbox.port),
    DJANGO_SETTINGS_MODULE: 'settings',
    PYTHONPATH: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    RUBYOPT: '-W0',
  };
  const placed = args.map((arg) => (arg.startsWith('send.') ? path.join(folder, arg) : arg));
  return new Child(t, command, placed, env).ended();
}

describe('the settings of the page bring mails to the inbox', () => {
  for (const [name, { files, send }] of Object.entries(FRAMEWORKS)) {
    test(name, { skip: reasonToSkip(name) }, async (t) => {
      const inbox = await catchMail();
      t.after(() => inbox.close());
      const folder = folderOf(t, files);
      const ann = inbox.address('ann');
      const [command, args] = send;
      const { code, errors } = await run(t, inbox, folder, [command, [...args, ann.email]]);
      assert.equal(code, 0, errors);
      const mail = await ann.waitFor({ subject: 'Grüße', from: 'shop@example.com' });
      assert.equal(mail.problem, undefined);
      assert.equal(mail.code(), '482913');
      assert.equal(mail.link('/confirm'), 'https://shop.example/confirm?a=1&b=2');
      const [attachment] = mail.attachments;
      assert.deepEqual([attachment.filename, String(attachment.content)], ['a.txt', 'hello']);
    });
  }

  test("Django's own test runner sends nothing, but where the test says so", {
    skip: reasonToSkip('Django'),
  }, async (t) => {
    const inbox = await catchMail();
    t.after(() => inbox.close());
    const imports =
      'from django.core.mail import send_mail\nfrom django.test import SimpleTestCase, override_settings\n';
    const [decorator] = djangoTest.split('\n');
    for (const [text, count] of /** @type {[string, number][]} */ ([
      [djangoTest.replace(`${decorator}\n`, ''), 0],
      [djangoTest, 1],
    ])) {
      const folder = folderOf(t, {
        'settings.py': `import os\n${django}`,
        'test_mail.py': `${imports}${text}`,
      });
      const { code, errors } = await run(t, inbox, folder, [
        PYTHON,
        ['-m', 'django', 'test', folder],
      ]);
      assert.equal(code, 0, errors);
      assert.match(errors, /Ran 1 test/);
      assert.equal(inbox.filter({ to: 'ann@example.com', subject: 'Welcome' }).length, count);
    }
  });
});
