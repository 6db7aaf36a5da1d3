import { gatewayOf, type ProgramTemplate, type Site, socketSteps } from './site.ts'

/** Two server blocks for nginx, also the 1.22 of Debian 12. Defaults that it changes: https://nginx.org/en/docs/http/ngx_http_proxy_module.html */
export const nginx: ProgramTemplate = {
  file: '/etc/nginx/conf.d/xopc.conf',
  text,
  steps: (site) => [
    {
      title: 'Have a certificate first, for example from Let’s Encrypt; of another one, write its two files into the template',
      command: `sudo certbot certonly --nginx -d ${site.domain}`,
    },
    { title: 'Save it as /etc/nginx/conf.d/xopc.conf' },
    ...socketSteps(site, 'www-data'),
    { title: 'Let nginx check the file and read it', command: 'sudo nginx -t && sudo systemctl reload nginx' },
  ],
}

function text(site: Site): string {
  const { domain } = site
  return `# https://${domain} leads to the xopc gateway at ${gatewayOf(site)}.

# WebSocket: "upgrade" only for a request that asks for it.
map $http_upgrade $connection_upgrade {
    default upgrade;
    ''      '';
}

server {
    listen 80;
    listen [::]:80;
    server_name ${domain};
    return 301 https://${domain}$request_uri;
}

server {
    # nginx 1.25.1 and newer prefer "listen 443 ssl;" with a line "http2 on;" of its own.
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    server_name ${domain};

    ssl_certificate     /etc/letsencrypt/live/${domain}/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/${domain}/privkey.pem;

    location / {
        proxy_pass http://${gatewayOf(site)};
        proxy_http_version 1.1;

        # $http_host and not $host: it keeps the port, which is part of the address that the gateway answers for.
        proxy_set_header Host $http_host;
        # Set, not appended to: this proxy is the first, so what the client wrote there is not to be believed.
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-Host $http_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $connection_upgrade;

        # Event streams and uploads: pass on every piece at once.
        proxy_buffering off;
        proxy_request_buffering off;
        # Streams and WebSockets may be silent for an hour.
        proxy_read_timeout 3600s;
        proxy_send_timeout 3600s;
        # How large an upload may be is for the app to say.
        client_max_body_size 0;
    }
}
`
}
