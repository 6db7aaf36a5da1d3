/** What starts the broker. */
export interface UnitFacts {
  dir: string
  /** The words that run xopc: Node, and its program. */
  program: readonly string[]
  frps: string
}

/** A systemd unit for a broker, as the user xopc-broker, who may write nothing but the folder. Pure. */
export function brokerUnit({ dir, program, frps }: UnitFacts): string {
  const command = [...program, 'broker', 'start', '--dir', dir].map(word).join(' ')
  return `# For /etc/systemd/system/xopc-broker.service
[Unit]
Description=Broker of xopc: the other end of public tunnels
Wants=network-online.target
After=network-online.target

[Service]
User=xopc-broker
Group=xopc-broker
ExecStart=${command}
WorkingDirectory=${dir}
Environment=${word(`HOME=${dir}`)} ${word(`XOPC_STATE_DIR=${dir}`)} ${word(`XOPC_FRPS_PATH=${frps}`)}
Restart=always
RestartSec=2
TimeoutStopSec=10
UMask=0077
LimitNOFILE=1048576

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
# Node, xopc or frps may lie in a home folder; where they do not, yes is better.
ProtectHome=read-only
ReadWritePaths=${dir}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service

[Install]
WantedBy=multi-user.target
`
}

/** systemd.service(5), "Command lines": % and $ are its own. */
function word(text: string): string {
  const plain = text.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w./:=@%-]+$/.test(plain) ? plain : `"${plain.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
