const upstream = `<h1>Sign in</h1>
<p class="quiet">A gateway stands in front of the app at this address.</p>
<section class="card">
<p>A browser signs in here by a pairing code. On the gateway’s computer, this makes one, to be scanned or opened here:</p>
<p><code>xopc pair --browser</code></p>
<p>This page takes no token, because it shares its address with the app. A program sends the token with each request: <code>Authorization: Bearer …</code></p>
<p>To manage the gateway, on its own computer: <code>xopc ui</code></p>
</section>`

const trustedProxy = `<h1>Sign in</h1>
<p class="quiet">A proxy signs people in at this gateway.</p>
<section class="card">
<p>This page takes no credential. Open the gateway by the address of that proxy, and sign in there.</p>
<p>If you came through the proxy and see this page, it named nobody: it has to send your name in the header that <code>gateway.auth.trustedProxy.userHeader</code> says, and this gateway has to trust the address it comes from.</p>
<p>To manage the gateway, on its own computer: <code>xopc ui</code></p>
</section>`

const none = `<h1>Sign in</h1>
<section class="card">
<p>This page takes no credential. It shows the gateway to whoever is let in without one, or signed in elsewhere.</p>
</section>`

/** What the page says where nobody can sign in by it, as markup, by view. */
export const explanations: Readonly<Record<string, string>> = { upstream, 'trusted-proxy': trustedProxy, none }
