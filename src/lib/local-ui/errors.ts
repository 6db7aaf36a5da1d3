import { defineErrors } from '../errors/error.ts'

/** Errors of the small server behind `xopc ui`. */
export const localUiErrors = defineErrors({
  UI_LINK_INVALID: {
    message: 'This link does not open the settings page: it was used, its 60 seconds are over, or it is incomplete.',
    hint: 'Open a new one: xopc ui',
    http: 401,
    exit: 1,
    about: 'The link of `xopc ui` works once and for 60 seconds. Which of the reasons it is, is not told: a thief would learn from it.',
  },
  UI_KEY_MISSING: {
    message: 'This tab has no key to the settings page, so it is told nothing.',
    hint: 'Open it anew: xopc ui',
    http: 401,
    exit: 1,
    about: 'The key of `xopc ui` is kept by the one tab that opened its link, and ends with that tab or with `xopc ui`.',
  },
  UI_FOREIGN_HOST: {
    message: 'This server answers at its own address only, and was asked for under another name.',
    hint: 'Open the page by its link: xopc ui',
    http: 421,
    exit: 1,
    about:
      'A request to `xopc ui` named another Host than the address it listens on: a page elsewhere tries to pass for it by DNS rebinding.',
  },
  UI_FOREIGN_ORIGIN: {
    message: 'This request comes from a page elsewhere, or does not say from which page, so nothing was done.',
    hint: 'Open the page by its link: xopc ui',
    http: 403,
    exit: 1,
    about: 'A request to `xopc ui` had the Origin of another page, or wanted to change something and had none.',
  },
  UI_NOT_FOUND: {
    message: 'There is nothing here.',
    http: 404,
    exit: 1,
    about: 'A path that the small server of `xopc ui` does not have.',
  },
  UI_GATEWAY_GONE: {
    message: 'The gateway behind this page is gone. {reason}.',
    hint: 'This page goes on by itself once it answers. Start it on its computer: xopc gateway',
    http: 502,
    exit: 1,
    about: 'The page of `xopc ui` is there, but the gateway behind it was stopped or starts anew.',
  },
  UI_PORT_TAKEN: {
    message: 'The settings page cannot be served on port {port}: {reason}.',
    hint: 'Leave --port out to take a free one: xopc ui',
    http: 409,
    exit: 1,
    about: '`xopc ui --port` named a port that another program listens on, or that this user may not use.',
  },
})
