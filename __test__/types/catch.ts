/** Uses every type of the inbox. It is compiled, never run. */
import type { Buffer } from 'node:buffer';
import { type SendResult, type Server, SmtpError } from 'smtp-engine';
import {
  type CatchOptions,
  type ConnectOptions,
  catchMail,
  connectInbox,
  type Failure,
  type FailureRule,
  type Inbox,
  type Mail,
  type MailError,
  type Match,
  type NoMailError,
  type RemoteFailure,
  type RemoteFailureRule,
  type RemoteInbox,
  type RemoteView,
  type View,
} from 'smtp-engine/catch';

/** Compiles where `value` is a `T` and nothing wider. */
function is<T>(_value: T): void {}

const options: Required<CatchOptions> = {
  host: '127.0.0.1',
  port: 0,
  tls: true,
  secure: false,
  auth: { ann: 'secret' },
  lmtp: false,
  size: 1_000,
  maxMessages: 10,
  maxBytes: 1_000_000,
  fail: [{ at: 'rcpt' }],
  without: ['8BITMIME', 'STARTTLS', 'SIZE', 'AUTH'],
  server: { name: 'mx.example', maxRecipients: 3 },
};
// @ts-expect-error: there is no such extension
const wrong: CatchOptions = { without: ['PIPE'] };
// @ts-expect-error: listeners would get other arguments
const compat: CatchOptions = { server: { compat: '1.0' } };

const rule: Required<FailureRule> = {
  at: 'data',
  match: (address: string) => address.startsWith('a'),
  reply: [452, ['Full', 'really']],
  times: Number.POSITIVE_INFINITY,
  skip: 1,
  delay: 5,
  how: 'stall',
  after: 1_000,
};
// @ts-expect-error: there is no such place
const nowhere: FailureRule = { at: 'quit' };

async function use(signal: AbortSignal): Promise<void> {
  await using inbox = await catchMail(options);
  is<Inbox>(inbox);
  is<Server>(inbox.server);
  is<[string, string, number, string | undefined]>([inbox.url, inbox.host, inbox.port, inbox.ca]);
  const failure: Failure = inbox.fail(rule);
  is<number>(failure.hits);
  failure.remove();
  const view: View = inbox.address('ann');
  is<string>(view.email);
  const match: Match = { to: view.email, subject: /x/, header: { 'x-tag': 'y' } };
  const mail: Mail = await view.waitFor(match, { timeout: 5, signal });
  is<Mail>(await inbox.next((each) => each.size > 5));
  is<Mail[]>(await inbox.take(2, match));
  is<void>(await view.none(match, { within: 5, timeout: 5, signal }));
  is<Mail | undefined>(inbox.find(match));
  is<Mail[]>([...inbox.filter(), ...inbox.messages]);
  for await (const each of view) is<Mail>(each);
  view.clear();
  is<[string, string, string[]]>([mail.link(/x/), mail.code(), mail.links]);
  is<{ name: string; address: string }[]>([...mail.from, ...mail.bcc]);
  is<string | string[] | undefined>(mail.headers['x-tag']);
  is<Buffer | undefined>(mail.attachments[0]?.content);
  is<string[]>([...mail.envelope.to, ...mail.session.transcript]);
  is<'TLSv1.2' | 'TLSv1.3' | false>(mail.session.tls);
  const sent = await inbox.release(mail, { host: 'mx.example', signal }, { to: 'you@example.com' });
  is<SendResult>(sent);
  // @ts-expect-error: match has no such part
  inbox.find({ title: 'x' });
  // @ts-expect-error: a mail is not written to
  mail.subject = 'x';
  await inbox.close();
}

async function useFromAfar(signal: AbortSignal): Promise<void> {
  const limits: Required<ConnectOptions> = { timeout: 5, signal };
  await using inbox = await connectInbox(new URL('http://127.0.0.1:8025'), limits);
  is<RemoteInbox>(await connectInbox('http://ann:secret@127.0.0.1:8025'));
  is<[string, string, number, string | undefined]>([inbox.url, inbox.host, inbox.port, inbox.ca]);
  const remoteRule: Required<RemoteFailureRule> = { ...rule, match: /^ann@/ };
  const failure: RemoteFailure = await inbox.fail(remoteRule);
  is<number>(await failure.hits());
  is<void>(await failure.remove());
  // @ts-expect-error: a function does not leave its process
  await inbox.fail({ at: 'rcpt', match: (address) => address === 'ann' });
  const view: RemoteView = inbox.address('ann');
  const mail: Mail = await view.waitFor((each) => each.to[0]?.address === view.email, { signal });
  is<Mail>(await inbox.next({ to: /x/ }));
  is<Mail[]>(await inbox.take(2));
  is<void>(await view.none({ subject: 'x' }, { within: 5 }));
  is<Mail | undefined>(await inbox.find({ to: 'x' }));
  is<Mail[]>([...(await inbox.filter()), ...(await view.messages())]);
  for await (const each of view) is<Mail>(each);
  is<void>(await view.clear());
  is<SendResult>(await inbox.release(mail, { host: 'mx.example' }));
  // @ts-expect-error: the server is in another process
  inbox.server;
  await inbox.close();
}

function told(error: unknown): string[] {
  if (!(error instanceof SmtpError)) return [];
  if (error.code === 'SMTP_ERR_NO_MAIL') {
    return (error as NoMailError).missed.flatMap(({ missed }) => missed);
  }
  return error.code === 'SMTP_ERR_MAIL' ? [(error as MailError).mail.subject] : [];
}

export { compat, nowhere, told, use, useFromAfar, wrong };
