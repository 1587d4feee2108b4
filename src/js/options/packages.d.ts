declare module 'tr46' {
  export function toASCII(domain: string, rules: Record<string, boolean>): string | null;
}
