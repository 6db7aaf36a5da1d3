/** What kind of network an interface leads to. */
export type InterfaceKind = 'loopback' | 'physical' | 'virtual' | 'vpn'

/** What is known of an interface before its kind is decided. */
export interface InterfaceFacts {
  name: string
  internal: boolean
  /** Linux: whether it, or one it is made of (bridge, bond, VLAN), belongs to a device. Null where the system does not say. */
  hasDevice: boolean | null
}

/** Tailscale, WireGuard, OpenVPN, PPP, IPsec, ZeroTier, Netbird, Mullvad, NordVPN, Proton, Cloudflare WARP, Cisco, GlobalProtect. */
const vpn = /^(?:tailscale|wg|utun|tun|tap|ppp|ipsec|zt|wt\d|nordlynx|nordtun|proton|pvpn|mullvad|CloudflareWARP|cscotun|gpd\d|vpn|ovpn)/iu
/** Docker, Podman, Kubernetes, LXC, libvirt, VMware, VirtualBox, Parallels, macOS bridges of virtual machines, test interfaces. */
const virtual =
  /^(?:docker|br-[\da-f]{12}$|veth|virbr|vnet|vmnet|vboxnet|vmenet|bridge1\d\d$|podman|cni|flannel|cali|cilium|lxc|lxd|incus|vnic|prl|dummy|ifb|vEthernet|anpi)/iu
/** Names that Linux, macOS and Windows give to wired, wireless and mobile adapters, also to the one a container has. */
const physical = /^(?:eth|en\w|wl|ww|usb|ap\d|Ethernet|Wi-?Fi)/iu

/** Tells the kinds apart; a device wins over a name, and a name over nothing known. Pure. */
export function interfaceKind({ name, internal, hasDevice }: InterfaceFacts): InterfaceKind {
  if (internal) return 'loopback'
  if (hasDevice === true) return 'physical'
  if (vpn.test(name)) return 'vpn'
  if (virtual.test(name)) return 'virtual'
  if (physical.test(name)) return 'physical'
  return hasDevice === false ? 'virtual' : 'physical'
}
