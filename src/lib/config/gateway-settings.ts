import { z } from 'zod'
import { bindSetting } from '../access/lan/config.ts'
import { proxySocketSetting, publicUrlSetting, trustedProxiesSetting } from '../access/proxy/config.ts'
import { tailscaleSettings } from '../access/tailscale/config.ts'

const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, { error: 'must be the name of a header' })
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })
const secret = (description: string, env?: string) =>
  z
    .string()
    .min(1)
    .optional()
    .meta({ description, secret: true, ...(env === undefined ? {} : { env }) })

const rateLimitSettings = z
  .strictObject({
    maxAttempts: z.int().min(1).max(1000).default(5).meta({ description: 'Wrong credentials of one source before it is blocked.' }),
    windowMs: z.int().min(1000).max(86_400_000).default(900_000).meta({ description: 'Milliseconds in which they are counted.' }),
    blockDurationMs: z.int().min(1000).max(86_400_000).default(300_000).meta({ description: 'Milliseconds that a block lasts.' }),
  })
  .prefault({})

const jwtSettings = z.strictObject({
  header: headerName.default('cf-access-jwt-assertion').meta({ description: 'The header that carries the signed identity.' }),
  jwksUrl: httpUrl.meta({ description: 'Where the keys of the signer are published.' }),
  issuer: z.string().min(1).meta({ description: 'Who must have signed.' }),
  audience: z.string().min(1).meta({ description: 'Whom it must be meant for.' }),
  userClaim: z.string().min(1).default('email').meta({ description: 'The claim that names the user.' }),
})

const trustedProxySettings = z.strictObject({
  userHeader: headerName.default('x-forwarded-user').meta({ description: 'The header in which your proxy names the user.' }),
  requiredHeaders: z.array(headerName).default([]).meta({ description: 'Headers that must be there besides.' }),
  allowUsers: z.array(z.string().min(1)).default([]).meta({ description: 'Users who may come in; empty: all that the proxy names.' }),
  sharedSecret: secret('What your proxy sends as X-Xopc-Proxy-Secret to prove itself.'),
  jwt: jwtSettings.optional().meta({ description: 'A signed identity instead of a plain header.' }),
})

const authSettings = z
  .strictObject({
    mode: z.enum(['token', 'password', 'trusted-proxy', 'none']).default('token').meta({
      description: 'How people prove who they are. Where only a password is set and no mode is written, it is password.',
      env: 'XOPC_GATEWAY_AUTH_MODE',
    }),
    token: secret('The owner’s token, at least 16 characters; made on first start.', 'XOPC_GATEWAY_TOKEN'),
    password: secret('The owner’s password; 12 characters where the gateway is reachable from elsewhere.', 'XOPC_GATEWAY_PASSWORD'),
    allowTailscale: z.boolean().default(false).meta({ description: 'Let Tailscale say who a visitor is.' }),
    trustedProxy: trustedProxySettings.optional().meta({ description: 'Sign-in by your own proxy.' }),
    rateLimit: rateLimitSettings.meta({ description: 'How guessing is slowed down.' }),
  })
  .prefault({})

const agentSettings = z.strictObject({
  url: httpUrl.meta({ description: 'An OpenAI-compatible server.' }),
  model: z.string().min(1).optional().meta({ description: 'The model to ask for.' }),
  apiKey: secret('The key of that server.'),
})

const remoteSettings = z.strictObject({
  url: httpUrl.meta({ description: 'The gateway elsewhere.' }),
  token: secret('A token of that gateway.'),
  password: secret('The password of that gateway.'),
  transport: z.enum(['direct', 'ssh']).default('direct').meta({ description: 'Dial the URL directly, or through ssh.' }),
  sshTarget: z
    .string()
    .min(1)
    .regex(/^[^-\s][^\s]*$/, { error: 'must be user@host' })
    .optional()
    .meta({ description: 'user@host for ssh.' }),
  sshIdentity: z.string().min(1).optional().meta({ description: 'The private key file for ssh.' }),
  publicKey: z.string().min(1).optional().meta({ description: 'The key that the gateway must prove.' }),
})

/** `gateway`. */
export const gatewaySettings = z
  .strictObject({
    mode: z.enum(['local', 'remote']).default('local').meta({ description: 'Whether the gateway runs here or elsewhere.' }),
    bind: bindSetting.meta({ description: 'Who can reach the port: loopback (always), lan, tailnet, or one more address.' }),
    port: z.int().min(0).max(65535).default(18790).meta({ description: 'The port; 0 takes a free one.' }),
    publicUrl: publicUrlSetting.optional().meta({ description: 'The address of your own proxy or tunnel in front of the gateway.' }),
    auth: authSettings.meta({ description: 'How people prove who they are.' }),
    trustedProxies: trustedProxiesSetting.meta({ description: 'Addresses whose X-Forwarded-* headers are believed.' }),
    proxySocket: proxySocketSetting.optional().meta({ description: 'A unix socket for your own proxy, instead of the port.' }),
    corsOrigins: z.array(z.string()).default([]).meta({ description: 'Other web origins that may call the API and the app.' }),
    tailscale: tailscaleSettings.meta({ description: 'Tailscale Serve and Funnel.' }),
    upstream: z
      .strictObject({ url: z.string().min(1).meta({ description: 'http://, https:// or unix:/path/to.sock.' }) })
      .optional()
      .meta({ description: 'The app behind the gateway.' }),
    agent: agentSettings.optional().meta({ description: 'The model server that the agent API speaks to.' }),
    remote: remoteSettings.optional().meta({ description: 'The gateway that commands act on in remote mode.' }),
    maxSseConnections: z.int().min(1).max(100_000).default(1000).meta({ description: 'Event streams at the same time.' }),
  })
  .prefault({})
