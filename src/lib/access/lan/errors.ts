import { defineErrors } from '../../errors/error.ts'

/** Errors of the local network as a way in. */
export const lanErrors = defineErrors({
  LAN_NO_ADDRESS: {
    message: 'This computer has no address that gateway.bind “{bind}” means, so nobody can reach it that way yet.',
    hint: 'Connect it to the network; the gateway notices by itself. To see its addresses: xopc lan status',
    http: 409,
    exit: 1,
    about:
      'No network card is up, or none has an address of the kind that `gateway.bind` asks for. The method stays switched on and opens as soon as there is one.',
  },
  LAN_ADDRESS_NOT_AVAILABLE: {
    message: '{address} is not an address of this computer.',
    hint: 'Addresses that are: {available}.',
    http: 409,
    exit: 1,
    about: 'The gateway can listen only on addresses that one of the network cards of its computer has at the moment.',
  },
  ADDRESS_INVALID: {
    message: '“{address}” is not an address that the gateway can listen on for the network.',
    hint: 'Give an IP address of this computer without a zone, for example: xopc lan on --address 192.168.1.5',
    http: 400,
    exit: 2,
    about: '`--address` takes one IPv4 or IPv6 address; loopback always listens and is not meant here.',
  },
})
