declare module 'he' {
  export function decode(text: string, options?: { isAttributeValue?: boolean }): string;
}
declare module 'html-to-text';
