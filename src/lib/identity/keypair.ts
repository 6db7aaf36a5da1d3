/** Signs as this gateway. */
export interface Signer {
  readonly gatewayId: string
  /** The raw 32 bytes of the Ed25519 key, base64url. */
  readonly publicKey: string
  /** Ed25519 over the UTF-8 text, base64url. */
  sign(text: string): string
}
