// The forms of the API are those that mailpit-api, a client of Mailpit, has types for.

import type { MailpitMessageListItem, MailpitMessageSummaryResponse } from 'mailpit-api';
import type { messageForm, summaryForm } from '../../src/js/catch-api/forms.js';

/** A form behind JSON, where no list is read-only. */
type Read<T> = T extends readonly (infer U)[]
  ? Read<U>[]
  : T extends object
    ? { -readonly [K in keyof T]: Read<T[K]> }
    : T;
/** The names that a client knows, and no others. */
type Exactly<Ours, Theirs> = Exclude<keyof Ours, keyof Theirs> extends never ? Ours : never;

declare const message: Read<ReturnType<typeof messageForm>>;
declare const summary: Read<ReturnType<typeof summaryForm>>;

export const one: MailpitMessageSummaryResponse = message satisfies Exactly<
  typeof message,
  MailpitMessageSummaryResponse
>;
export const item: MailpitMessageListItem = summary satisfies Exactly<
  typeof summary,
  MailpitMessageListItem
>;
// They are no `any`.
// @ts-expect-error
export const text: string = message;
// @ts-expect-error
export const list: MailpitMessageListItem = message;
