declare module 'tr46' {
  export function toASCII(domain: string, rules: Record<string, boolean>): string | null;
}

declare module 'node-forge' {
  interface Node {
    value: unknown[];
  }
  interface Bag {
    asn1: Node;
    cert?: object | null;
    key?: object | null;
  }
  export const asn1: {
    fromDer(bytes: string): Node;
    toDer(node: Node): { data: string };
  };
  export const pkcs12: {
    pkcs12FromAsn1(
      node: Node,
      strict: boolean,
      passphrase?: string,
    ): { getBags(filter: { bagType: string }): Record<string, Bag[] | undefined> };
  };
  export const pki: {
    oids: Record<string, string>;
    certificateToAsn1(cert: object): Node;
    privateKeyToAsn1(key: object): Node;
    wrapRsaPrivateKey(node: Node): Node;
  };
  export const util: { encodeUtf8(text: string): string };
}
