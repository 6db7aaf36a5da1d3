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

/** The public tunnel. */
export const tunnelConsent: Consent = {
  version: '2026-11',
  title: 'Open the gateway to the whole internet?',
  sentences: [
    'Anyone on the internet who has the address can reach the sign-in page of this gateway, and try to sign in.',
    'Whoever gets hold of your token, or scans a pairing code of yours in time, can use the gateway and the app behind it from anywhere.',
    'The broker and its server stand between: whoever runs them can read and change everything that goes through, your token included.',
  ],
}
