import { defineErrors } from '../errors/error.ts'

/** What can go wrong with the gateway's own key and its record of devices. */
export const identityErrors = defineErrors({
  IDENTITY_BROKEN: {
    message: 'The identity of this gateway in {path} cannot be used: {reason}. It was left as it is.',
    hint: 'Restore the file from a backup. To start with a new identity, which every paired device and saved remote must learn anew: mv {path} {path}.broken',
    http: 500,
    exit: 1,
    about:
      'identity.json is not the JSON that xopc wrote, or its keys do not belong together. xopc never replaces it by itself: clients have pinned this key, and a new one would look like a stranger to them.',
  },
  DEVICES_BROKEN: {
    message: 'The record of paired devices in {path} cannot be used: {reason}. It was left as it is.',
    hint: 'Restore the file from a backup. To start without devices, which must then all be paired anew: mv {path} {path}.broken',
    http: 500,
    exit: 1,
    about:
      'devices.json is not the JSON that xopc wrote. xopc never replaces it by itself: with it the devices, and the record of those that were thrown out, would be lost.',
  },
})
