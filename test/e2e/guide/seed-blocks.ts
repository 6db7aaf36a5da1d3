/**
 * The two configurations of the first guide to xopc, as people copied them from it into their proxies. They stay here as they were written, so that
 * they go on working whatever our own templates become.
 */
export const firstGuide = {
  /** It stands there in one line, `transport http { keepalive 90s }`, which no Caddy reads: the line breaks were lost. */
  caddyInOneLine: `gateway.example.com {
  reverse_proxy 127.0.0.1:18790 {
    flush_interval -1     # SSE: disable response buffering
    transport http { keepalive 90s }
  }
}
`,
  caddy: `gateway.example.com {
  reverse_proxy 127.0.0.1:18790 {
    flush_interval -1     # SSE: disable response buffering
    transport http {
      keepalive 90s
    }
  }
}
`,
  nginx: `server {
  listen 443 ssl http2;
  server_name gateway.example.com;
  ssl_certificate     /etc/letsencrypt/live/gateway.example.com/fullchain.pem;
  ssl_certificate_key /etc/letsencrypt/live/gateway.example.com/privkey.pem;

  location / {
    proxy_pass http://127.0.0.1:18790;
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_buffering off;            # SSE: disable response buffering
    proxy_read_timeout 3600s;       # long-lived SSE / WS
  }
}
`,
}
