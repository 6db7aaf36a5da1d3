/** What a person agrees to before anybody on the internet may come. */
export interface Consent {
  /** Of the text; another text asks again. */
  readonly version: string
  readonly title: string
  /** What strangers will be able to do, in concrete sentences. */
  readonly sentences: readonly string[]
}

/** Tailscale Funnel. */
export const funnelConsent: Consent = {
  version: '2026-11-funnel',
  title: 'Open the gateway to the whole internet?',
  sentences: [
    'Anyone on the internet can reach the sign-in page of this gateway and try passwords there.',
    'Whoever knows your password can use the gateway and the app behind it from anywhere, as you can.',
    'The name of this computer in your tailnet becomes public: it stands in the public logs of certificates, and scanners visit it within minutes.',
  ],
}
